//! What the document says about projects: parameters and bodies.

use domain::{Role, Scope};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::choices::{ConditionText, CursorText, HiddenName, NameText, VersionText};

/// Which project.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the parameter; the extractor reads it")]
pub(crate) struct ProjectParam {
    /// The id of the project.
    #[param(example = "1")]
    project: String,
}

macro_rules! path_params {
    ($($(#[$doc:meta])* $name:ident { $field:ident }),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(IntoParams)]
        #[into_params(parameter_in = Path)]
        #[expect(dead_code, reason = "describes the parameter; the handler reads it")]
        pub(crate) struct $name {
            /// Its id.
            #[param(example = "1")]
            $field: String,
        }
    )+};
}

path_params! {
    /// Which key.
    KeyParam { key },
    /// Which member.
    MemberParam { account },
    /// Which invitation.
    InvitationParam { invitation },
    /// Which link.
    LinkParam { link },
    /// Which session.
    SessionParam { session },
}

/// Which part of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; the handler reads them")]
pub(crate) struct PageParams {
    /// The `next` of the answer before; absent for the beginning.
    #[param(inline, example = "17")]
    cursor: Option<CursorText>,
    /// How many entries at most; by default 100.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u16>,
}

/// A document that is changed only if it is still of this version.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; the handler reads it")]
pub(crate) struct IfMatch {
    /// The `ETag` of the document that was read; without it the document is replaced whatever it is.
    #[param(inline, rename = "If-Match", nullable = false, example = "\"1\"")]
    if_match: Option<VersionText>,
}

/// The name of a project.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = ProjectName)]
pub(crate) struct NameBody {
    /// 1–60 characters, no control characters, no blanks at the ends.
    #[schema(value_type = NameText, example = "Shop API")]
    name: String,
}

/// A new key.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
pub(crate) struct NewKeyBody {
    /// 1–60 characters, no control characters, no blanks at the ends.
    #[schema(value_type = NameText, example = "web servers")]
    name: String,
    /// What it is good for; by default `ingest`.
    #[schema(min_items = 1, max_items = 2, example = json!(["read"]))]
    scopes: Option<Vec<Scope>>,
    /// From when on it is not good any more, in the future; absent or null: never.
    #[schema(format = DateTime, example = "2100-01-01T00:00:00Z")]
    expires_at: Option<String>,
}

/// Changes of a key; what is absent stays.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyChanges)]
pub(crate) struct KeyChangesBody {
    /// 1–60 characters, no control characters, no blanks at the ends.
    #[schema(value_type = Option<NameText>, example = "web servers")]
    name: Option<String>,
    /// What it is good for.
    #[schema(min_items = 1, max_items = 2, example = json!(["ingest", "read"]))]
    scopes: Option<Vec<Scope>>,
    /// From when on it is not good any more; null: never.
    #[schema(format = DateTime, example = "2100-01-01T00:00:00Z")]
    expires_at: Option<String>,
}

/// How a key is rotated.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = Rotation)]
pub(crate) struct RotationBody {
    /// How long the old key stays good; by default not at all.
    #[schema(minimum = 0, maximum = 43_200, example = 60)]
    overlap_minutes: Option<u32>,
}

/// The role of a member.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberRole)]
pub(crate) struct RoleBody {
    /// What the member may do.
    role: Role,
}

/// A new invitation to a project.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInvitation)]
pub(crate) struct NewInvitationBody {
    /// What the account that accepts it may do.
    role: Role,
    /// How long it is good; by default a week.
    #[schema(minimum = 1, maximum = 720, example = 168)]
    expires_in_hours: Option<u32>,
}

/// A new invitation to the service.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = NewServiceInvitation)]
pub(crate) struct ServiceInvitationBody {
    /// How long it is good; by default a week.
    #[schema(minimum = 1, maximum = 720, example = 168)]
    expires_in_hours: Option<u32>,
}

/// The token of an invitation.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = InvitationToken)]
pub(crate) struct TokenBody {
    /// The token.
    #[schema(example = "WHhYbWVhbXBsZS1vZi1hbi1pbnZpdGF0aW9uLXRva2Vu")]
    token: String,
}

/// A new link.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLink)]
pub(crate) struct NewLinkBody {
    /// 1–60 characters, no control characters, no blanks at the ends.
    #[schema(value_type = NameText, example = "for the support team")]
    name: String,
    /// Filters that always hold, each as the parameter `name=value` of a question.
    #[schema(value_type = Option<Vec<ConditionText>>, inline, max_items = 50, example = json!(["endpoint=/v1/"]))]
    filters: Option<Vec<String>>,
    /// Fields that are not shown.
    #[schema(value_type = Option<Vec<HiddenName>>, inline, max_items = 3, example = json!(["ip"]))]
    hide: Option<Vec<String>>,
    /// From when on it is not good any more, in the future; absent or null: never.
    #[schema(format = DateTime, example = "2100-01-01T00:00:00Z")]
    expires_at: Option<String>,
}
