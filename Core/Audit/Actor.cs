using System.Net;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Audit;

/// <summary>The caller of an act that the audit records. It flows with the request as an async local value.</summary>
/// <param name="Tenant">The tenant in whose audit log an act is recorded if it concerns no other tenant. Empty for the service's own audit
/// log, which operators read.</param>
/// <param name="With">The session or key that the caller used.</param>
/// <param name="From">The client's address; null for the machine itself.</param>
public sealed record Actor(string Tenant, string Subject, Credential With, IPAddress? From)
{
    /// <summary>The tenant in which the caller works. Acts on its spaces and other objects are recorded in its audit log.</summary>
    public string Within { get; private init; } = "";

    private static readonly AsyncLocal<Actor?> Flowing = new();

    /// <summary>The service itself, and callers on its own machine.</summary>
    public static Actor Service { get; } = new("", "service", default, null);

    /// <summary>The actor of a request before its caller is authenticated.</summary>
    public static Actor Unknown(IPAddress? from) => new("", "anonymous", default, from);

    // Formatted only when an act is recorded: most requests record none.
    public string? Credential => With.Id is { } id ? $"{With.Kind.ToString().ToLowerInvariant()}:{id}" : null;

    public string? Address => From?.ToString();

    public static Actor Current
    {
        get => Flowing.Value ?? Service;
        set => Flowing.Value = value;
    }

    /// <summary>An operator acts for the service in every tenant.</summary>
    public static Actor Of(Caller caller, IPAddress? address) => new(
        caller.Scopes.HasFlag(Scopes.Operate) ? "" : caller.Tenant, caller.Subject, caller.Credential, address)
    {
        Within = caller.Tenant,
    };
}
