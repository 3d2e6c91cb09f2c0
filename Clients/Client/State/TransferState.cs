using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.State;

/// <summary>
/// What has to survive the process. The service knows what it has; this is only how to find it, and what it was asked for.
/// </summary>
internal sealed record TransferState
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>up or down.</summary>
    public required string Kind { get; init; }

    /// <summary>The local file.</summary>
    public required string File { get; init; }

    /// <summary>The address and the path there.</summary>
    public required string Remote { get; init; }

    public long Size { get; init; }

    /// <summary>Uploads: the source's time of modification, in ticks of 100 ns since year 1.</summary>
    public long ModifiedTicks { get; init; }

    /// <summary>Uploads: the session's or the stream's id; of tus the upload's address.</summary>
    public string? Session { get; init; }

    /// <summary>Uploads: it is sent as one stream, and no session.</summary>
    public bool IsStream { get; init; }

    /// <summary>Uploads: how often the upload was restarted; part of the Idempotency-Key.</summary>
    public int Generation { get; init; }

    /// <summary>Uploads: a request with the whole file was made; it may have succeeded without an answer.</summary>
    public bool Tried { get; init; }

    /// <summary>Uploads: started chunks, of which the service may have kept a part.</summary>
    public IReadOnlyList<RangeView> Begun { get; init; } = [];

    /// <summary>Uploads: the key under which the source is encrypted, until it is sent.</summary>
    public EncryptionState? Encryption { get; init; }

    /// <summary>Downloads: the content's ETag; other content is never mixed with this.</summary>
    public string? Tag { get; init; }

    /// <summary>Downloads: the ranges that are written.</summary>
    public IReadOnlyList<RangeView> Written { get; init; } = [];

    /// <summary>Files of projects: the verified digest; what is left to do is to put the file at its place and to say so.</summary>
    public string? Sha256 { get; init; }

    [JsonIgnore]
    public bool IsValid => Version == CurrentVersion && Size >= 0 && Generation >= 0 && Begun is not null && Written is not null
        && Begun.Concat(Written).All(range => range is { Offset: >= 0, Length: > 0 } && range.Offset <= Most - range.Length);

    // An encrypted file is longer, by less than this.
    private long Most => Encryption is null ? Size : Size + (Size / 512) + (1 << 20);
}

/// <summary>How an upload is encrypted: with it, the same source gives the same bytes.</summary>
internal sealed record EncryptionState
{
    public required string Key { get; init; }

    public required string Header { get; init; }

    public required string Salt { get; init; }

    /// <summary>The encrypted name, if the name is.</summary>
    public string? Name { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(TransferState))]
[JsonSerializable(typeof(FolderKeyFile))]
[JsonSerializable(typeof(FolderRecord))]
internal sealed partial class StateJson : JsonSerializerContext;
