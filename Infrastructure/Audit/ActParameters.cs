using System.Text.Json.Nodes;
using ChunkUpload.Core.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Audit;

/// <summary>The parameters of a statement that the audit records: the statement's own, and the actor, the act and its object.</summary>
internal static class ActParameters
{
    /// <summary>The function call of every change of the access rights, in its transaction.</summary>
    public const string Changed =
        "access_changed(@ActKind, @ActObject, @ActData::jsonb, @ActTenant, @ActorSubject, @ActorCredential, @ActorAddress)";

    /// <summary>The function call for the tenant in the statement's column <c>tenant</c>.</summary>
    public const string ChangedInTenant =
        "access_changed(@ActKind, @ActObject, @ActData::jsonb, tenant, @ActorSubject, @ActorCredential, @ActorAddress)";

    /// <summary>The function call of an act that changes no rights, so that cached credentials stay valid.</summary>
    public const string Noted =
        "add_audit(@ActTenant, @ActorSubject, @ActorCredential, @ActorAddress, @ActKind, @ActObject, @ActData::jsonb)";

    /// <param name="json">Further facts about the act; never a secret.</param>
    /// <param name="tenant">The tenant in whose audit log the act is recorded; empty for that of the service. Null for every tenant of the
    /// user for an act on a user, otherwise for the actor's tenant.</param>
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

    /// <summary>Returns a JSON object of the fields that have a value.</summary>
    public static string Json(params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var json = new JsonObject();
        foreach (var (name, value) in fields)
        {
            // PostgreSQL's jsonb cannot contain NUL.
            if (value is not null)
                json[name] = value.Replace('\0', '\uFFFD');
        }

        return json.ToJsonString();
    }
}
