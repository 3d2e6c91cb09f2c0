using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>A computer on which an agent serves or receives files; it belongs to the key with which the agent signs in.</summary>
public sealed record ProjectDevice(Guid Id, string Tenant, Guid User, Guid Key, string Name)
{
    /// <summary>The operating system, as the agent names it.</summary>
    public string Platform { get; init; } = "";

    /// <summary>The version of the agent.</summary>
    public string Version { get; init; } = "";

    /// <summary>The addresses at which the device may be reached. Only the two devices of an approved transfer see them.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The SHA-256 of the device's public key, which never changes once it is known.</summary>
    public byte[]? Fingerprint { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset SeenAt { get; init; }

    /// <summary>The time at which the device or its key was revoked.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The display name of the user.</summary>
    public string UserName { get; init; } = "";

    public string Subject => Caller.UserSubject(User);
}
