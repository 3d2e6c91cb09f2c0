using System.Text.Json.Nodes;
using ChunkUpload.Core.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Audit;

/// <summary>The parameters of a statement that the audit records: its own, and who does what to what.</summary>
internal static class ActParameters
{
    /// <summary>The call that every change of the access rights makes, in its transaction.</summary>
    public const string Changed =
        "access_changed(@ActKind, @ActObject, @ActData::jsonb, @ActTenant, @ActorSubject, @ActorCredential, @ActorAddress)";

    /// <summary>The same in the tenant that a row of the statement names.</summary>
    public const string ChangedInTenant =
        "access_changed(@ActKind, @ActObject, @ActData::jsonb, tenant, @ActorSubject, @ActorCredential, @ActorAddress)";

    /// <summary>The call of an act after which whatever was known of credentials still holds.</summary>
    public const string Noted =
        "add_audit(@ActTenant, @ActorSubject, @ActorCredential, @ActorAddress, @ActKind, @ActObject, @ActData::jsonb)";

    /// <param name="json">What else is to be known of the act; never a secret.</param>
    /// <param name="tenant">
    /// Whose audit tells it; empty: that of the service. Null: of what is done to a user, each tenant that the user is in, else the
    /// actor's.
    /// </param>
    public static DynamicParameters Of(object? parameters, string kind, string? target, string? json = null, string? tenant = null)
    {
        var all = new DynamicParameters(parameters);
        var actor = Actor.Current;
        all.AddDynamicParams(new
        {
            ActTenant = tenant ?? (target?.StartsWith("user:", StringComparison.Ordinal) == true ? null : actor.Tenant),
            ActorSubject = actor.Subject,
            ActorCredential = actor.Credential,
            ActorAddress = actor.Address,
            ActKind = kind,
            ActObject = target,
            ActData = json,
        });
        return all;
    }

    /// <summary>An object of the fields that have a value.</summary>
    public static string Json(params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var json = new JsonObject();
        foreach (var (name, value) in fields)
        {
            // PostgreSQL's jsonb has no NUL.
            if (value is not null)
                json[name] = value.Replace('\0', '\uFFFD');
        }

        return json.ToJsonString();
    }
}
