using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// Pieces of a stream that become objects in the shared store, one for each checkpoint. A piece is sent when it is large enough, a minute
/// after its first byte, or at the body's end; earlier if the memory is scarce. Several are on their way at once. They are recorded in
/// order, by the receive loop, so that nothing here runs at the same time.
/// </summary>
internal sealed class ObjectSegment(
    Upload upload, IRunningHash hash, StreamAppend request, IStreamLedger ledger, WriterClaim claim, SharedReception reception,
    Incarnation incarnation, UploadHub hub, TimeProvider time) : StreamSegment(upload, hash, request, ledger, claim, hub, time)
{
    // The most pieces of a file. S3 joins at most this number of parts into one object.
    private const int MostPieces = 10_000;

    private const int UsualPiece = 8 << 20;
    private const int LargestPiece = 512 << 20;

    // 100 MB/s with a store that takes 0.3 s for a piece.
    private const int MostUnderWay = 4;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    // How often the loop looks for pieces that are stored while the client sends nothing.
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ScarcePoll = TimeSpan.FromSeconds(1);

    private readonly WriterClaim _claim = claim;
    private readonly TimeProvider _time = time;
    private readonly Guid _store = reception.Store.Id;
    private readonly CancellationTokenSource _end = new();

    // Pieces that are sent or stored, and not recorded, in order.
    private readonly Queue<Piece> _pieces = new();
    private Piece _current = null!;

    public override StoredFile File => Current.File;

    public override TimeSpan? ReadTimeout
    {
        get
        {
            if (HasChecksum)
                return null;
            if (_pieces.Count > 0)
                return Poll;
            if (Current.Length == 0 || Offset == Upload.Size)
                return null;
            var due = UntilDue();
            return Current.Length < SharedReception.LeastPiece || due < ScarcePoll ? due : ScarcePoll;
        }
    }

    private Piece Current => _current ??= New();

    public override async ValueTask BeforeWriteAsync(long bytes)
    {
        if (Current.Length > 0 && Current.Length + bytes > PieceSize)
            Send(Saved, Digest);
        while (reception.Memory.WhenReturned is var returned && !Current.TryTake(reception.Memory, bytes))
        {
            // All memory is held by pieces that are under way, or will be sent when their time has come.
            if (_claim.StopRequested.IsCancellationRequested)
            {
                Current.Take(reception.Memory, bytes);
                break;
            }

            if (Current.Length >= SharedReception.LeastPiece || (Current.Length > 0 && UntilDue() == TimeSpan.Zero))
            {
                Send(Saved, Digest);
                continue;
            }

            await WaitAsync(returned);
        }
    }

    public override async ValueTask<bool> AfterReadAsync()
    {
        if (Current.Length > 0 && Offset != Upload.Size && IsDue())
            Send(Saved, Digest);
        while (_pieces.Count(piece => !piece.Stored.IsCompleted) > MostUnderWay)
            await Task.WhenAny(_pieces.Where(piece => !piece.Stored.IsCompleted).Select(piece => piece.Stored));
        if (HasChecksum && _pieces.FirstOrDefault(piece => piece.Stored.IsFaulted) is { } failed)
            await failed.Stored;
        while (!HasChecksum && Refused is null && _pieces.TryPeek(out var first) && first.Stored.IsCompleted)
            await RecordNextAsync(final: false);
        return Refused is null;
    }

    public override async Task CloseAsync(FileRemover remover)
    {
        // What cannot be recorded any more need not be stored.
        await _end.CancelAsync();
        foreach (var piece in _pieces)
        {
            await piece.Stored.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (piece.IsRefused)
                await remover.GiveUpAsync(piece.File);
            else if (!piece.IsNamed)
                remover.Discard(piece.File);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _current?.Free(reception.Memory);
        _end.Dispose();
        await base.DisposeAsync();
    }

    protected override void Store(ReadOnlySpan<byte> bytes)
    {
        if (Current.Length == 0)
            Current.Since = _time.GetTimestamp();
        Current.Bytes.Append(bytes);
    }

    protected override async Task<RecordResult> CheckpointAsync(SavedHash saved, Sha256Digest digest, bool final)
    {
        if (saved.Length > Current.Start)
            Send(saved, digest);
        RecordResult? result = null;
        while (_pieces.Count > 0)
        {
            result = await RecordNextAsync(final && _pieces.Count == 1);
            if (result.Outcome != RecordOutcome.Recorded)
                return result;
        }

        // All bytes are recorded: the checkpoint says that they are all, and names no file.
        return result ?? await RecordAsync(File, RecordedOffset, saved, digest, final, isShared: true);
    }

    private long PieceSize
    {
        get
        {
            long size = UsualPiece;
            // A stream of unknown size gets larger pieces as it grows.
            while (size < LargestPiece && size < reception.Memory.Most / 4 && (Upload.Size ?? 4 * Offset) / size > MostPieces)
                size *= 2;
            return size;
        }
    }

    private bool IsDue() =>
        Current.Length >= PieceSize || (Current.Length >= SharedReception.LeastPiece && reception.Memory.IsScarce)
        || (!HasChecksum && UntilDue() == TimeSpan.Zero);

    private TimeSpan UntilDue() =>
        LongestWait - _time.GetElapsedTime(Current.Since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private Piece New() => new(StoredFile.New(_store, StoredFileKind.Segment, incarnation.Id), Offset);

    /// <summary>Sends the current piece up to an offset, and begins the next one.</summary>
    private void Send(SavedHash saved, Sha256Digest digest)
    {
        var piece = Current;
        (piece.Hash, piece.Digest) = (saved, digest);
        // The digest that the store compares is computed before the first wait.
        piece.Stored = Task.Run(() => PutAsync(piece), CancellationToken.None);
        _pieces.Enqueue(piece);
        _current = new Piece(StoredFile.New(_store, StoredFileKind.Segment, incarnation.Id), saved.Length);
    }

    private async Task PutAsync(Piece piece)
    {
        try
        {
            await reception.PutAsync(piece.File, piece.Bytes.First((int)(piece.Hash.Length - piece.Start)), _end.Token);
        }
        finally
        {
            piece.Free(reception.Memory);
        }
    }

    private async Task<RecordResult> RecordNextAsync(bool final)
    {
        var piece = _pieces.Peek();
        await piece.Stored;
        piece.IsNamed = true;
        var result = await RecordAsync(piece.File, piece.Start, piece.Hash, piece.Digest, final, isShared: true);
        if (result.Outcome == RecordOutcome.Recorded)
            _ = _pieces.Dequeue();
        else
            piece.IsRefused = true;
        return result;
    }

    private async Task WaitAsync(Task returned)
    {
        try
        {
            await returned.WaitAsync(ScarcePoll, _time, _claim.StopRequested);
        }
        catch (Exception end) when (end is TimeoutException or OperationCanceledException)
        {
        }
    }

    /// <summary>Consecutive bytes of the stream that become one object.</summary>
    private sealed class Piece(StoredFile file, long start)
    {
        private long _taken;

        public StoredFile File => file;

        public long Start => start;

        public ReceiveBuffer Bytes { get; } = new();

        public int Length => Bytes.Length;

        /// <summary>When its first byte came.</summary>
        public long Since { get; set; }

        /// <summary>The state of the stream at its end.</summary>
        public SavedHash Hash { get; set; } = null!;

        public Sha256Digest Digest { get; set; }

        public Task Stored { get; set; } = Task.CompletedTask;

        /// <summary>A checkpoint may have named the file: then only the ledger decides what becomes of it (E10).</summary>
        public bool IsNamed { get; set; }

        /// <summary>The ledger refused the file.</summary>
        public bool IsRefused { get; set; }

        /// <summary>Takes the memory for further bytes, if enough is left.</summary>
        public bool TryTake(ReceiveMemory memory, long bytes)
        {
            var more = More(bytes);
            if (more > 0 && !memory.TryTake(more))
                return false;
            _taken += more;
            return true;
        }

        public void Take(ReceiveMemory memory, long bytes)
        {
            var more = More(bytes);
            memory.Take(more);
            _taken += more;
        }

        public void Free(ReceiveMemory memory)
        {
            Bytes.Dispose();
            memory.Return(_taken);
            _taken = 0;
        }

        private long More(long bytes) => Math.Max(0, ReceiveBuffer.CapacityFor(Length + bytes) - _taken);
    }
}
