//! How often somebody may call, and who that is for the platform's counter.

use std::net::Ipv6Addr;

use edgefold_kernel::{Kind, Principal, Rejection, limits};

/// Under which name requests are counted: the principal; for those who have shown no good token, their address.
pub fn key(principal: Option<&Principal>, address: &str) -> String {
    match principal {
        Some(Principal { subject, role }) => format!("{}:{}", role.as_str(), subject.as_str()),
        None => format!("address:{}", network(address)),
    }
}

/// Whoever has one IPv6 address has 2^64 of them: what they share is counted.
fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => address.to_owned(),
    }
}

/// The refusal of a request too many.
pub fn limited() -> Rejection {
    let detail = format!("too many requests; try again in {} s", limits::RATE_PERIOD_S);
    Rejection::new(Kind::TooMany, "RATE_LIMITED", detail)
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Id, Role};

    use super::*;

    #[test]
    fn a_principal_is_counted_by_role_and_subject_and_a_stranger_by_address() {
        let ana = Principal::new(Id::parse("ana").unwrap(), Role::Guest);
        assert_eq!(key(Some(&ana), "203.0.113.7"), "guest:ana");
        assert_eq!(key(None, "203.0.113.7"), "address:203.0.113.7");
        assert_eq!(key(None, "2001:db8:1:2:3:4:5:6"), key(None, "2001:db8:1:2::9"));
        assert_ne!(key(None, "2001:db8:1:2::9"), key(None, "2001:db8:1:3::9"));
    }
}
