using System.Text.Json.Nodes;
using ChunkUpload.Core.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Audit;

/// <summary>The parameters of a statement that the audit records: its own, and who does what to what.</summary>
internal static class ActParameters
{
    /// <summary>The call that every change of the access rights makes, in its transaction.</summary>
    public const string Changed =
        "access_changed(@ActKind, @ActObject, @ActData::jsonb, @ActorTenant, @ActorSubject, @ActorCredential, @ActorAddress)";

    /// <summary>The call of an act after which whatever was known of credentials still holds.</summary>
    public const string Noted =
        "add_audit(@ActorTenant, @ActorSubject, @ActorCredential, @ActorAddress, @ActKind, @ActObject, @ActData::jsonb)";

    /// <param name="json">What else is to be known of the act; never a secret.</param>
    public static DynamicParameters Of(object? parameters, string kind, string? target, string? json = null)
    {
        var all = new DynamicParameters(parameters);
        var actor = Actor.Current;
        all.AddDynamicParams(new
        {
            ActorTenant = actor.Tenant,
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
