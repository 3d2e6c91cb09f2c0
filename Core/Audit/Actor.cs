using System.Net;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Audit;

/// <summary>Who acts, for the audit. It flows with the request, so that no call on the way has to pass it on.</summary>
/// <param name="With">By which session or key.</param>
/// <param name="From">Null: on the machine itself.</param>
public sealed record Actor(string Tenant, string Subject, Credential With, IPAddress? From)
{
    private static readonly AsyncLocal<Actor?> Flowing = new();

    /// <summary>The service itself, and who calls it on its machine.</summary>
    public static Actor Service { get; } = new(Caller.DefaultTenant, "service", default, null);

    // Written when an act is noted: most requests note none.
    public string? Credential => With.Id is { } id ? $"{With.Kind.ToString().ToLowerInvariant()}:{id}" : null;

    public string? Address => From?.ToString();

    public static Actor Current
    {
        get => Flowing.Value ?? Service;
        set => Flowing.Value = value;
    }

    public static Actor Of(Caller caller, IPAddress? address) => new(caller.Tenant, caller.Subject, caller.Credential, address);
}
