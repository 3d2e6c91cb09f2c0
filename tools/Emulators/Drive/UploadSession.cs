using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Content;

namespace ChunkUpload.Emulators.Drive;

/// <summary>A resumable upload: what it will become, and the bytes that are kept so far.</summary>
internal sealed class UploadSession(ContentWriter writer) : IAsyncDisposable
{
    public required string Id { get; init; }

    /// <summary>The request that began it; its parameters hold for the end.</summary>
    public required DriveCall Call { get; init; }

    public required JsonObject Metadata { get; init; }

    /// <summary>Null for a new file.</summary>
    public string? FileId { get; init; }

    public required string? ContentType { get; init; }

    /// <summary>Null until it is known.</summary>
    public long? Total { get; set; }

    public required DateTimeOffset Ends { get; set; }

    public ContentWriter Writer => writer;

    /// <summary>What the last request answered, which is repeated to a client that lost it.</summary>
    public JsonNode? Finished { get; set; }

    /// <summary>One request at a time; a newer one ends the one before, whose client has gone.</summary>
    public SemaphoreSlim Slot { get; } = new(1);

    public CancellationTokenSource Current { get; set; } = new();

    public async ValueTask DisposeAsync()
    {
        await Current.CancelAsync();
        await writer.DisposeAsync();
    }
}
