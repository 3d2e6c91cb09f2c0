using System.Net;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Audit;

/// <summary>The acting caller, for the audit. It flows with the request, so that no call has to pass it on.</summary>
/// <param name="Tenant">The tenant whose audit gets an act that concerns no other tenant; empty: the service, for operators.</param>
/// <param name="With">By which session or key.</param>
/// <param name="From">Null: on the machine itself.</param>
public sealed record Actor(string Tenant, string Subject, Credential With, IPAddress? From)
{
    /// <summary>Where he acts: whose audit tells what is done to a space or the like.</summary>
    public string Within { get; private init; } = "";

    private static readonly AsyncLocal<Actor?> Flowing = new();

    /// <summary>The service itself, and who calls it on its machine.</summary>
    public static Actor Service { get; } = new("", "service", default, null);

    /// <summary>The actor of a request before its caller is authenticated.</summary>
    public static Actor Unknown(IPAddress? from) => new("", "anonymous", default, from);

    // Written when an act is noted: most requests note none.
    public string? Credential => With.Id is { } id ? $"{With.Kind.ToString().ToLowerInvariant()}:{id}" : null;

    public string? Address => From?.ToString();

    public static Actor Current
    {
        get => Flowing.Value ?? Service;
        set => Flowing.Value = value;
    }

    /// <summary>Operators act for the service, in whichever tenant.</summary>
    public static Actor Of(Caller caller, IPAddress? address) => new(
        caller.Scopes.HasFlag(Scopes.Operate) ? "" : caller.Tenant, caller.Subject, caller.Credential, address)
    {
        Within = caller.Tenant,
    };
}
