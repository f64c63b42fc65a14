//! What a check of the audit log found, in French.

use keyward_core::audit::FindingKind;

/// A sentence for each kind.
pub(super) const fn french(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::EntryAltered => "Une entrée a été modifiée après avoir été scellée.",
        FindingKind::EntryMissing => "Une entrée scellée a été retirée.",
        FindingKind::EntryInserted => {
            "Une entrée se trouve parmi les entrées scellées sans y avoir jamais été scellée."
        }
        FindingKind::EntriesReordered => "Des entrées scellées ont été échangées ou déplacées.",
        FindingKind::PersonalAltered => {
            "Les données personnelles d’une entrée ont été modifiées, et non effacées."
        }
        FindingKind::HeadMismatch => {
            "La fin de la chaîne n’est pas là où le dit la tête enregistrée : elle a été coupée, réécrite ou prolongée."
        }
        FindingKind::CheckpointMismatch => {
            "La chaîne diffère de ce qu’en dit un point de contrôle signé : elle a été réécrite."
        }
        FindingKind::RolledBack => {
            "La base est plus ancienne qu’un point de contrôle signé conservé hors d’elle : ce qui a été écrit depuis a disparu."
        }
        FindingKind::CheckpointSignature => "La signature d’un point de contrôle ne lui convient pas.",
    }
}

#[cfg(test)]
mod tests {
    use super::super::errors::tests::is_french;
    use super::*;

    #[test]
    fn every_kind_is_french() {
        for kind in FindingKind::ALL {
            is_french(french(*kind));
        }
    }
}
