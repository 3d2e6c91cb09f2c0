namespace ChunkUpload.Core.Storage;

/// <summary>
/// A file that is received in order and becomes one object in the shared store. A file of up to a part stays in memory until all of it has
/// come; of a larger one each part is sent while the next one comes. The object exists once <see cref="RenameDurablyAsync"/> or
/// <see cref="FlushAsync"/> has ended, or not at all.
/// </summary>
public sealed class ObjectFile : IStoredFileWriter
{
    /// <summary>The size of a part. All but the last one have it.</summary>
    public const int PartSize = 8 << 20;

    // One is sent, one is filled, and the bytes of a read may go beyond it.
    private const long MostMemory = 3L * PartSize;

    private readonly SharedReception _reception;
    private readonly long _taken;
    private readonly Queue<ReceiveBuffer> _full = new();
    private ReceiveBuffer _now = new();
    private ReceiveBuffer? _sent;
    private Task _sending = Task.CompletedTask;
    private IObjectParts? _parts;
    private long _length;

    private ObjectFile(StoredFile file, SharedReception reception, long taken) => (File, _reception, _taken) = (file, reception, taken);

    public StoredFile File { get; }

    /// <summary>Gets a value that indicates whether the object may exist.</summary>
    public bool MayExist { get; private set; }

    /// <summary>Begins a file, and waits until there is memory for it.</summary>
    /// <param name="length">The length that the file will have; <c>null</c> if it is not known.</param>
    /// <exception cref="StoreException">The store has not been reached since the start.</exception>
    public static async Task<ObjectFile> CreateAsync(
        SharedReception reception, StoredFileKind kind, long incarnation, long? length, CancellationToken cancellationToken)
    {
        var file = StoredFile.New(reception.Store.Id, kind, incarnation);
        var bytes = Math.Min(ReceiveBuffer.CapacityFor(Math.Min(length ?? MostMemory, MostMemory)), MostMemory);
        await reception.Memory.TakeAsync(bytes, cancellationToken);
        return new ObjectFile(file, reception, bytes);
    }

    public async ValueTask BeforeWriteAsync(long bytes)
    {
        while (_full.Count > 0)
            await SendNextAsync();
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        if (offset != _length)
            throw new InvalidOperationException("An object is written in order.");
        _length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_now.Length == PartSize)
            {
                _full.Enqueue(_now);
                _now = new ReceiveBuffer();
            }

            var count = Math.Min(bytes.Length, PartSize - _now.Length);
            _now.Append(bytes[..count]);
            bytes = bytes[count..];
        }
    }

    public void CopyFrom(StoredFile source, long sourceOffset, long length, long offset, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Makes an object of what has come. Nothing is written to it afterwards.</summary>
    public Task FlushAsync(bool final, CancellationToken cancellationToken) => RenameDurablyAsync(cancellationToken);

    public async Task RenameDurablyAsync(CancellationToken cancellationToken)
    {
        if (_parts is null && _full.Count == 0)
        {
            MayExist = true;
            await _reception.PutAsync(File, _now.First(_now.Length), cancellationToken);
            return;
        }

        _full.Enqueue(_now);
        _now = new ReceiveBuffer();
        while (_full.Count > 0)
            await SendNextAsync();
        await EndSendingAsync();
        MayExist = true;
        await _reception.TryAsync(() => _parts!.CompleteAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_parts is not null)
            await _parts.DisposeAsync();
        _sent?.Dispose();
        foreach (var part in _full)
            part.Dispose();
        _now.Dispose();
        _reception.Memory.Return(_taken);
    }

    /// <summary>Waits until the part before is stored, and sends the next one.</summary>
    private async Task SendNextAsync()
    {
        await EndSendingAsync();
        if (_parts is null)
            await _reception.TryAsync(async () => _parts = await _reception.Store.BeginAsync(File, CancellationToken.None));
        var part = _sent = _full.Dequeue();
        _sending = Task.Run(() => _reception.TryAsync(() => _parts!.AddAsync(part.First(part.Length), CancellationToken.None)));
    }

    private async Task EndSendingAsync()
    {
        await _sending;
        _sent?.Dispose();
        _sent = null;
    }
}
