//! Signing in with a passkey, and the lock on a page that nobody touches.

use std::future::Future;
use std::pin::Pin;

use libtest_mimic::Failed;

use crate::driver::World;

const PASSWORD: &str = "seven quiet otters cross the harbour";

type Told<'w> = Pin<Box<dyn Future<Output = Result<(), Failed>> + 'w>>;

pub fn passkey_and_lock(world: &World) -> Told<'_> {
    Box::pin(async move {
        world.open(&world.link()).await?;
        world.fill("#username", "sam.reed").await?;
        world.fill("#full_name", "Sam Reed").await?;
        world.fill("#password", PASSWORD).await?;
        world.fill("#password_again", PASSWORD).await?;
        world.press("main form button[type=submit]").await?;
        world.fill("#username", "sam.reed").await?;
        world.fill("#password", PASSWORD).await?;
        world.press("main form button[type=submit]").await?;

        world.open("/account/security").await?;
        world.fill("#passkey-password", PASSWORD).await?;
        world.press("form[data-passkey-new] button[type=submit]").await?;
        world.read(".message", "The passkey is added.").await?;

        world.sign_out().await?;
        world.open("/sign-in").await?;
        world.press("form[data-passkey-sign-in] button[type=submit]").await?;
        world.see("body[data-user='sam.reed']").await?;

        // What is typed stays under the lock.
        world.open("/people/new").await?;
        world.fill("#full_name", "Half a na").await?;
        let later = "var now = Date.now; Date.now = function () { return now() + 16 * 60000; };";
        world.browser.execute(later, Vec::new()).await?;
        world.see("dialog.lock[open]").await?;
        world.fill("#lock-password", "not this one").await?;
        world.see("dialog.lock button").await?.click().await?;
        world.read("dialog.lock [role=alert]", "not right").await?;
        world.fill("#lock-password", PASSWORD).await?;
        world.see("dialog.lock button").await?.click().await?;
        world.see("dialog.lock:not([open])").await?;
        let kept = world.see("#full_name").await?.prop("value").await?.unwrap_or_default();
        if kept != "Half a na" {
            return Err(format!("what was typed became {kept:?}").into());
        }
        Ok(())
    })
}
