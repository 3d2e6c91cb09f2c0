using System.Text.Json.Serialization;

namespace ChunkUpload.Core.Events;

/// <summary>The progress of an upload or other work that moves bytes. It is kept in memory only, so a restart resets it.</summary>
/// <param name="Owner">The subject to which the work belongs.</param>
/// <param name="Safe">The bytes that no crash loses.</param>
/// <param name="Total">The number of all bytes; null while it is unknown.</param>
public sealed record Progress(Topic Topic, string Tenant, string Owner, string Name, long Safe, long? Total, UploadSpeed Speed)
{
    /// <summary>The bytes that have arrived, safe or not.</summary>
    public long Done { get; init; } = Safe;

    /// <summary>The protocol of an upload.</summary>
    public UploadProtocol? Protocol { get; init; }

    [JsonIgnore]
    public UploadId? Upload => Topic.Upload;

    /// <summary>The remaining time; null while the total or the speed is unknown, and until the first bytes are safe.</summary>
    [JsonIgnore]
    public TimeSpan? Left => Safe > 0 && Total is { } total && Speed.Current is > 0 and var speed
        && (total - Safe) / speed is < 1e9 and var seconds
        ? TimeSpan.FromSeconds(Math.Max(0, seconds))
        : null;
}

/// <summary>What the owner of a topic reports to the <see cref="ProgressBook"/>. The book measures the speed.</summary>
/// <param name="Done">The bytes that have arrived, safe or not.</param>
/// <param name="Safe">The bytes that no crash loses.</param>
/// <param name="Total">The number of all bytes; null while it is unknown.</param>
public readonly record struct ProgressReport(
    Topic Topic, string Tenant, string Owner, string Name, long Done, long Safe, long? Total);
