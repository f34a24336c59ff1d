//! The points where the documentation is silent or contradicts itself, and what was decided.

use std::fmt;

use crate::world::policy::PolicyId;

macro_rules! open_points {
    ($($id:ident: $question:literal => $decision:literal $(by $policy:ident)?;)+) => {
        /// A question the documentation leaves open, and the answer taken here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum OpenPoint {
            $(#[doc = $question] $id),+
        }

        impl OpenPoint {
            /// All open points, in order.
            pub const ALL: &'static [OpenPoint] = &[$(OpenPoint::$id),+];

            /// The id as users see it: `A8`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(OpenPoint::$id => stringify!($id)),+ }
            }

            /// The point called so.
            #[must_use]
            pub fn from_name(name: &str) -> Option<OpenPoint> {
                match name { $(stringify!($id) => Some(OpenPoint::$id),)+ _ => None }
            }

            /// What is open.
            #[must_use]
            pub fn question(self) -> &'static str {
                match self { $(OpenPoint::$id => $question),+ }
            }

            /// What was decided.
            #[must_use]
            pub fn decision(self) -> &'static str {
                match self { $(OpenPoint::$id => $decision),+ }
            }

            /// The policy that takes the decision, if it can be chosen.
            #[must_use]
            pub fn policy(self) -> Option<PolicyId> {
                match self { $(OpenPoint::$id => policy_or_none!($($policy)?)),+ }
            }
        }
    };
}

open_points! {
    A1: "Is the protocol info of WSPDuplicateSocket only written, or does it also go down a chain as an input?"
        => "Both: it is passed down by the rule of the chain, its contents are ignored, and the result is the chain \
        entry with the base's token.";
    A2: "Is lingering on or off in a new socket?"
        => "Off, as three of four pages have it." by linger_default;
    A3: "Which catalog id does a layer of a chain register its handles under?"
        => "The chain entry's, as the sample layer does." by layer_handle_owner;
    A4: "Does a chain over a chain list every link, or the id of the lower chain?"
        => "Every link, the base last; a layer recognises itself by any of its ids.";
    A5: "How is a close that gave WSAEWOULDBLOCK made to succeed, and when does it give that at all?"
        => "By turning lingering off, a timeout of 0 or a shutdown; it gives it only if it cannot finish at once.";
    A6: "What does FIONREAD report on a datagram socket?"
        => "All bytes queued, as the page says." by fionread_datagram;
    A7: "Which of the two rows for ordinary events on the page of WSPEnumNetworkEvents is meant?"
        => "WSAENETDOWN, whose text the second row has.";
    A8: "From when on does a duplication count as a reference?"
        => "From WSPDuplicateSocket until it is used or its target dies." by reference_taken;
    A9: "Does the last WSPCleanup reset open sockets, or let graceful ones finish?"
        => "Sockets closed before finish sending; sockets still open are reset." by open_at_cleanup;
    A10: "Does the reset of the last WSPCleanup reach sockets that other processes share?"
        => "No: only this process's references go." by final_cleanup;
    A11: "What does a process id give that names nobody, the caller, or another process than the later opener?"
        => "WSAEINVAL when duplicating for nobody; one's own id works; a wrong opener gets \
        WSAEINVAL." by unknown_process;
    A12: "Does the length of WSPAddressToString count bytes or characters?"
        => "Characters with the terminator, as the wide API function has it." by address_string_length;
    A13: "May a connected socket call WSPRecvFrom?"
        => "Yes, as on Windows." by recvfrom_connected;
    A14: "Which ports are given out automatically?"
        => "49152 to 65535." by ephemeral_ports;
    A15: "Which of three tables of bind conflicts holds?"
        => "The one for Windows Server 2003 and later, same user." by bind_matrix;
    A16: "Is an overlapped call on a socket made without WSA_FLAG_OVERLAPPED an error?"
        => "No: the overlapped arguments are ignored.";
    A17: "Which provider version makes the API report WSAEINVALIDPROVIDER?"
        => "Every version but 2.2.";
    A18: "Which set has to contain which when a layer's categories meet an application's?"
        => "The layer's have to lie within the application's, and a layer without categories is not loaded into a \
        categorised process.";
    A19: "What becomes of chains whose layer is removed?"
        => "They stay in the catalog, and opening them gives WSAEPROVIDERFAILEDINIT.";
    A20: "Are the rows WSAENETRESET and WSAENOBUFS of WSPSend what they say?"
        => "They are read as on WSPSendTo: a failed keep-alive and a buffer deadlock; WSAEINTR is possible too.";
    A21: "Are WSPCleanup's WSAEINVAL and WSPRecvDisconnect's table to be taken as printed?"
        => "The first never occurs, and the second is read as its parts suggest.";
    A22: "Can a program rely on WSAENOTSOCK after a close?"
        => "Only until the number is given out again, which may be at once.";
    A23: "In which order are family, type and protocol checked, and may a hidden entry be chosen?"
        => "Family, type, protocol, then the combination; a hidden entry may be chosen." by hidden_entries;
    A24: "Who may read the event record, and which event may be given to be reset?"
        => "Any descriptor reads and empties it, and the given event is reset unchecked." by foreign_event;
    A25: "What becomes of a registration whose process closes its descriptor while others remain?"
        => "It ends if that process made it." by registrant_closes;
    A26: "Do closes before the last one obey lingering?"
        => "No: such a close neither waits nor fails." by linger_on_shared_close;
    A27: "Is overlapped a property of the descriptor or of the socket, if source and target give different flags?"
        => "Of the shared socket, set when it was made.";
    A28: "Which field of the block carries a provider's own state?"
        => "dwProviderReserved, for the base alone; a layer keeps its state in a table by that token." by token_place;
    A29: "Which codes do ReadFile, WriteFile and the provider-info functions give where no page names one?"
        => "WSAEFAULT for a missing info buffer, WSAEINVAL for an unknown provider; ReadFile and WriteFile are not \
        modelled.";
    A30: "Is DuplicateHandle on a socket allowed or not?"
        => "A provider of IFS handles may use it inside, applications should not; both are modelled.";
    A31: "Is ChainLen a length in bytes?"
        => "No, it counts the links, whatever its page says.";
    A32: "Which upcall table counts after several WSPStartup calls?"
        => "The newest, although the sample layer keeps the first.";
    A33: "What do names and SO_ERROR show through several descriptors of one socket?"
        => "The same through each; one read of SO_ERROR clears it for all.";
    A34: "Which directions and names hold for ioctls whose page and number disagree?"
        => "The number decides the direction, the header the name; event upcalls give code 6 under either name.";
    A35: "What does a wrong combination of multipoint flags give?"
        => "WSAEINVAL, as seen in ReactOS.";
}

impl fmt::Display for OpenPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_points_are_numbered_and_found_by_name() {
        for (index, &point) in OpenPoint::ALL.iter().enumerate() {
            assert_eq!(point.name(), format!("A{}", index + 1));
            assert_eq!(OpenPoint::from_name(point.name()), Some(point));
            assert!(point.question().ends_with('?'), "{point}: no question");
            assert!(point.decision().ends_with('.'), "{point}: no full stop");
        }
        assert_eq!(OpenPoint::ALL.len(), 35);
    }
}
