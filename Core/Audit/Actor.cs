using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Audit;

/// <summary>Who acts, for the audit. It flows with the request, so that no call on the way has to pass it on.</summary>
/// <param name="Credential">By which session or key; null: none, or the operator key.</param>
/// <param name="Address">From where; null: on the machine itself.</param>
public sealed record Actor(string Tenant, string Subject, string? Credential, string? Address)
{
    private static readonly AsyncLocal<Actor?> Flowing = new();

    /// <summary>The service itself, and who calls it on its machine.</summary>
    public static Actor Service { get; } = new(Caller.DefaultTenant, "service", null, null);

    public static Actor Current
    {
        get => Flowing.Value ?? Service;
        set => Flowing.Value = value;
    }

    public static Actor Of(Caller caller, string? address) => new(
        caller.Tenant, caller.Subject,
        caller.Credential.Id is { } id ? $"{caller.Credential.Kind.ToString().ToLowerInvariant()}:{id}" : null, address);
}
