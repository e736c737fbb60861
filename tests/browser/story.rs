//! What people do, step by step.

use std::future::Future;
use std::pin::Pin;

use libtest_mimic::Failed;

use crate::driver::World;

type Told<'w> = Pin<Box<dyn Future<Output = Result<(), Failed>> + 'w>>;

const LOT: &str = "BR-26-0001";

/// Attributes with their values.
type Values = &'static [(&'static str, &'static str)];

/// The runs of a good lot: assay, numbers, words.
const RUNS: &[(&str, Values, Values)] = &[
    ("appearance", &[], &[("APPEARANCE", "Complies")]),
    ("cell-count", &[("VIABILITY", "92.4"), ("VIABLE_CELLS", "31.2")], &[]),
    (
        "flow-cytometry",
        &[
            ("CD105", "98.7"),
            ("CD73", "99.1"),
            ("CD90", "99.6"),
            ("CD44", "98.9"),
            ("CD34", "0.4"),
            ("CD45", "0.3"),
            ("CD11B", "0.2"),
            ("CD19", "0.1"),
            ("HLA_DR", "0.6"),
            ("PURITY", "97.2"),
        ],
        &[],
    ),
    ("differentiation", &[], &[("ADIPOGENIC", "Positive"), ("OSTEOGENIC", "Positive"), ("CHONDROGENIC", "Positive")]),
    ("sterility", &[], &[("STERILITY_AEROBIC", "No growth"), ("STERILITY_ANAEROBIC", "No growth")]),
    ("mycoplasma", &[], &[("MYCOPLASMA", "Not detected")]),
    ("endotoxin", &[("ENDOTOXIN", "<0.05")], &[]),
];

/// Sets a date and time field; typing into one depends on the browser's language.
async fn set_moment(world: &World, id: &str, value: &str) -> Result<(), Failed> {
    let script = "const f = document.getElementById(arguments[0]); f.value = arguments[1]; \
                  f.dispatchEvent(new Event('input', {bubbles: true}));";
    world.browser.execute(script, vec![id.into(), value.into()]).await?;
    Ok(())
}

async fn register(world: &World) -> Result<(), Failed> {
    world.open("/lots/new").await?;
    world.fill("#lot", LOT).await?;
    world.choose("#product", "ADMSC-IV").await?;
    world.fill("#donor", "D-0099").await?;
    world.fill("#passage", "4").await?;
    set_moment(world, "manufactured_at", "2026-01-05T10:00").await?;
    set_moment(world, "expires_at", "2099-01-05T10:00").await?;
    world.fill("#containers", "2").await?;
    world.press("main form button[type=submit]").await?;
    world.read("h1", LOT).await
}

async fn record(world: &World, assay: &str, numbers: &[(&str, &str)], words: &[(&str, &str)]) -> Result<(), Failed> {
    world.open(&format!("/lots/{LOT}/runs/new?assay={assay}")).await?;
    for (attribute, value) in numbers {
        world.fill(&format!("#value-{attribute}"), value).await?;
    }
    for (attribute, word) in words {
        world.choose(&format!("#value-{attribute}"), word).await?;
    }
    if assay == "differentiation" {
        world.choose("#control-uninduced", "Negative").await?;
    }
    if assay == "sterility" {
        set_moment(world, "started_at", "2026-01-05T11:00").await?;
    }
    world.press("[data-submit]").await?;
    world.read("h1", LOT).await.map_err(|e| format!("{assay}: {e:?}").into())
}

/// Registers, records, verifies, releases, and verifies the certificate as a stranger.
pub fn main_job(world: &World) -> Told<'_> {
    Box::pin(async move {
        world.sign_in("analyst", 0).await?;
        register(world).await?;
        for (assay, numbers, words) in RUNS {
            record(world, assay, numbers, words).await?;
        }
        world.read("#decision", "not verified").await?;

        world.sign_out().await?;
        world.sign_in("analyst", 1).await?;
        verify_all(world).await?;

        world.sign_out().await?;
        world.sign_in("qa", 0).await?;
        world.open(&format!("/lots/{LOT}")).await?;
        world.read("#decision-title", "Ready").await?;
        let meaning = world.see("#meaning").await?;
        meaning.select_by_index(1).await?;
        world.fill("#release-password", "wrong password").await?;
        world.press(".decision-sign button[type=submit]").await?;
        world.read("#decision", "password").await?;
        world.see("#meaning").await?.select_by_index(1).await?;
        world.fill("#release-password", &world.password("qa", 0)).await?;
        world.press(".decision-sign button[type=submit]").await?;
        world.read("#decision-title", "Released").await?;

        let number = world.see("#decision-title a").await?.text().await?;
        let pdf = fetch_pdf(world, &number).await?;
        world.sign_out().await?;
        stranger_verifies(world, &pdf, "AUTHENTIC").await?;
        let mut altered = pdf.clone();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        stranger_verifies(world, &altered, "ALTERED").await
    })
}

async fn verify_all(world: &World) -> Result<(), Failed> {
    loop {
        world.open("/review").await?;
        let script = "const rows = [...document.querySelectorAll('main a[href^=\"/runs/\"]')]; \
                      const row = rows.find(a => a.closest('tr, li').textContent.includes(arguments[0])); \
                      return row ? row.getAttribute('href') : null;";
        let next = world.browser.execute(script, vec![LOT.into()]).await?;
        let Some(href) = next.as_str() else { return Ok(()) };
        world.open(href).await?;
        let tick = "form[action$='/verification'] input[type=checkbox]";
        if world.count(tick).await? > 0 {
            world.see(tick).await?.click().await?;
        }
        world.press("form[action$='/verification'] button[type=submit]").await?;
    }
}

/// The certificate's bytes, as the signed-in browser gets them.
async fn fetch_pdf(world: &World, number: &str) -> Result<Vec<u8>, Failed> {
    let script = "const [path, done] = arguments; fetch(path).then(r => r.arrayBuffer()).then(b => \
                  done(Array.from(new Uint8Array(b)).map(x => x.toString(16).padStart(2, '0')).join('')));";
    let path = format!("/certificates/{number}/pdf");
    let hex = world.browser.execute_async(script, vec![path.into()]).await?;
    let hex = hex.as_str().ok_or("no bytes")?;
    let pair = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16);
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(pair).collect::<Result<_, _>>()?;
    if !bytes.starts_with(b"%PDF") {
        return Err("the certificate is not a PDF".into());
    }
    Ok(bytes)
}

async fn stranger_verifies(world: &World, pdf: &[u8], word: &str) -> Result<(), Failed> {
    let path = world.folder.path().join("certificate.pdf");
    std::fs::write(&path, pdf)?;
    world.open("/verify").await?;
    world.see("#file").await?.send_keys(&path.display().to_string()).await?;
    world.read("#answer-word", word).await?;
    // Hashed in the browser: the form was never sent.
    let address = world.browser.current_url().await?;
    if address.path() != "/verify" {
        return Err(format!("the file was sent to {address}").into());
    }
    Ok(())
}

/// Forms alone carry a person from sign-in to a recorded run and a looked-up certificate.
pub fn without_script(world: &World) -> Told<'_> {
    Box::pin(async move {
        world.sign_in("analyst", 0).await?;
        world.open("/lots/AD-26-0008/runs/new?assay=cell-count").await?;
        world.fill("#value-VIABILITY", "92.4").await?;
        world.fill("#value-VIABLE_CELLS", "31.2").await?;
        world.press("[data-submit]").await?;
        world.read("h1", "AD-26-0008").await?;
        world.read("main", "92.4").await?;
        world.sign_out().await?;
        world.open("/verify").await?;
        world.fill("#number", "RC-2026-000001").await?;
        world.press(".number-form button[type=submit]").await?;
        world.read("#answer", "RC-2026-000001").await
    })
}

/// A comma is refused beside its field; the other nine values, the method and the comment stay.
pub fn nothing_typed_is_lost(world: &World) -> Told<'_> {
    Box::pin(async move {
        world.sign_in("analyst", 0).await?;
        world.open("/lots/AD-26-0008/runs/new?assay=flow-cytometry").await?;
        world.fill("#value-CD105", "95,1").await?;
        world.fill("#value-CD73", "99.1").await?;
        world.fill("#comment", "gating template 7").await?;
        world.press("[data-submit]").await?;
        world.read("#value-CD105-problem", "comma").await?;
        for (field, kept) in [("#value-CD105", "95,1"), ("#value-CD73", "99.1"), ("#comment", "gating template 7")] {
            let value = world.see(field).await?.prop("value").await?;
            if value.as_deref() != Some(kept) {
                return Err(format!("{field} holds {value:?}, not {kept}").into());
            }
        }
        // Right at the limit the form asks once whether it is what the raw data say.
        world.fill("#value-CD105", "95.1").await?;
        world.press("[data-submit]").await?;
        world.read("#questions-title", "Look again").await?;
        world.see("[name=looked_again]").await?.click().await?;
        world.press("[data-submit]").await?;
        world.read("h1", "AD-26-0008").await
    })
}

const PAGES: &[&str] = &[
    "/lots",
    "/lots/new",
    "/lots/AD-26-0001",
    "/lots/AD-26-0002",
    "/lots/AD-26-0003",
    "/lots/AD-26-0006",
    "/lots/AD-26-0008/runs/new?assay=flow-cytometry",
    "/lots/AD-26-0008/runs/new?assay=sterility",
    "/runs/1",
    "/review",
    "/calendar",
    "/certificates",
    "/certificates/RC-2026-000001",
    "/specifications",
    "/specifications/ADMSC-IV/1",
    "/ledger",
    "/verify",
    "/verify/RC-2026-000001",
    "/lots/NO-SUCH-LOT",
];

/// At every width, on every page: no sideways scrolling, one h1, nothing from another host.
pub fn every_page_fits(world: &World) -> Told<'_> {
    Box::pin(async move {
        world.sign_in("analyst", 0).await?;
        for width in [360, 768, 1440] {
            world.browser.set_window_size(width, 1000).await?;
            for page in PAGES {
                world.open(page).await?;
                world.see("main").await?;
                let script = "const hosts = performance.getEntriesByType('resource').map(e => new URL(e.name).host); \
                              return [document.documentElement.scrollWidth - document.documentElement.clientWidth, \
                                      document.querySelectorAll('h1').length, \
                                      hosts.filter(h => h !== location.host).join(' ')];";
                let seen = world.browser.execute(script, vec![]).await?;
                let wide = seen[0].as_i64().unwrap_or(1);
                if wide > 0 || seen[1] != 1 || seen[2] != "" {
                    return Err(format!(
                        "{page} at {width}: {wide} px too wide, {} h1, loads from {}",
                        seen[1], seen[2]
                    )
                    .into());
                }
            }
        }
        Ok(())
    })
}
