//! WSCGetApplicationCategory and WSCSetApplicationCategory: what layers an application may load.

use std::sync::Arc;

use super::editor::{Edited, Editor, is_path};
use crate::abi::catalog::{ApplicationName, Pointer};
use crate::abi::client::{CallResult, Value};
use crate::abi::{LspCategories, WsaError};
use crate::rules::RuleId;
use crate::world::program::Application;

impl Editor<'_> {
    /// WSCGetApplicationCategory.
    pub(super) fn application_category(&mut self, name: &ApplicationName, out: bool) -> CallResult {
        let application = application(name)?;
        if !out {
            return Err(WsaError::Fault);
        }
        self.admit()?;
        self.reach_registry(WsaError::NoRecovery, WsaError::NoRecovery)?;
        self.log.rule(RuleId::WscApp1);
        match self.installed.categories(&application) {
            Some(categories) => Ok(Value::Categories(categories)),
            None => {
                self.log.rule(RuleId::WscApp2);
                Err(WsaError::ServiceNotFound)
            }
        }
    }

    /// WSCSetApplicationCategory: what is set twice adds up.
    pub(super) fn set_application_category(
        &mut self,
        name: &ApplicationName,
        categories: LspCategories,
        previous: Pointer<()>,
    ) -> CallResult {
        let application = application(name)?;
        if previous.is_wild() {
            return Err(WsaError::Fault);
        }
        self.admit()?;
        self.reach_registry(WsaError::NoRecovery, WsaError::NoRecovery)?;
        self.log.rule(RuleId::WscApp3);
        let before = Arc::make_mut(self.installed).categorise(application, categories);
        Ok(if previous == Pointer::Null { Value::Done } else { Value::Categories(before) })
    }
}

/// Who it is about: a path of 1 to MAX_PATH characters, and a command line that may be missing.
fn application(name: &ApplicationName) -> Edited<Application> {
    let ApplicationName { path, extra } = name;
    if path.is_wild() || extra.is_wild() {
        return Err(WsaError::Fault);
    }
    let path = path.get().filter(|path| is_path(path)).ok_or(WsaError::Inval)?;
    let extra = extra.get().map_or_else(|| Arc::from(""), Arc::clone);
    Ok(Application { path: Arc::clone(path), extra })
}
