namespace ChunkUpload.Core.Storage;

/// <summary>
/// Receives uploads straight into the store that all nodes share, instead of the disk (<c>Storage:S3:Receive</c>): an acknowledged byte
/// depends on no machine. Thread-safe.
/// </summary>
public sealed class SharedReception(bool isOn, long memory, OtherStores stores)
{
    /// <summary>A smaller piece of a stream is not sent early.</summary>
    public const int LeastPiece = 256 << 10;

    private const string NotReached = "The bucket has not been reached since the start.";

    private volatile string? _failure;

    /// <summary>Gets a value that indicates whether uploads are received there.</summary>
    public bool IsOn => isOn;

    public ReceiveMemory Memory { get; } = new(memory);

    /// <summary>
    /// Gets the smallest number of bytes that a client should send at once, because what a request brings becomes a file of its own; 0 if
    /// nothing is received there.
    /// </summary>
    public long LeastRequest => isOn ? LeastPiece : 0;

    /// <summary>Gets why the store takes no bytes, for people; <c>null</c> while it does, or if nothing is received there.</summary>
    public string? Trouble => !isOn ? null : stores.Shared is null ? NotReached : _failure ?? stores.Bucket?.Trouble;

    /// <summary>Returns the store.</summary>
    /// <exception cref="StoreException">It has not been reached since the start.</exception>
    public IObjectStore Store => stores.Shared ?? throw new StoreException(StoreError.Degraded, NotReached);

    /// <summary>Stores a whole file, whose bytes are in memory.</summary>
    /// <exception cref="StoreException">It is not stored, or may not be: <see cref="StoreError.Degraded"/> if the store does not answer,
    /// or refuses.</exception>
    public Task PutAsync(StoredFile file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        TryAsync(() => Store.PutAsync(file, bytes, cancellationToken));

    /// <summary>Sends bytes to the store, and remembers whether that was possible.</summary>
    public async Task TryAsync(Func<Task> send)
    {
        if (stores.Bucket is { IsUnmarked: true, Trouble: { } unmarked })
            throw new StoreException(StoreError.Degraded, unmarked);
        try
        {
            await send();
            _failure = null;
        }
        catch (StoreException reason) when (reason.Error is StoreError.Unreachable or StoreError.NoSpace)
        {
            _failure = reason.Message;
            throw new StoreException(StoreError.Degraded, reason.Message, reason);
        }
    }

    /// <summary>After a failure, stores a byte and deletes it again, to find out whether the store takes bytes again.</summary>
    public async Task ProbeAsync(long incarnation, CancellationToken cancellationToken)
    {
        if (!isOn || _failure is null || stores.Shared is not { } shared)
            return;
        var file = StoredFile.New(shared.Id, StoredFileKind.Segment, incarnation);
        try
        {
            await PutAsync(file, new byte[1], cancellationToken);
            await shared.DeleteAsync(file, cancellationToken);
        }
        catch (StoreException)
        {
        }
    }
}
