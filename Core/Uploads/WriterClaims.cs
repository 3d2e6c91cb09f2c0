using System.Diagnostics.CodeAnalysis;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Who writes what in this process (E14, E18). One holder for each place of an upload; a newcomer waits while the holder makes
/// progress, asks it to stop when it is silent or its client is known to be back, and goes on after the holder has let go. Of a stream, which
/// has one place, a newcomer takes over at once, but only where the holder stands: one that is behind could not go on there.
/// Places on other nodes are fenced by the ledger: epochs for streams, attempts for prefixes.
/// </summary>
public sealed class WriterClaims(IOptions<UploadOptions> options, TimeProvider time)
{
    /// <summary>The place of whoever appends to a stream; chunks have their offset.</summary>
    public const long Stream = -1;

    private const long Everywhere = -2;

    private readonly Dictionary<(UploadId Upload, long Place), WriterClaim> _holders = [];

    // Holders that were asked to stop and did not in time. Their files may still change under us (E20).
    private readonly HashSet<WriterClaim> _lingering = [];

    // Streams whose writer has ended without an answer to its last checkpoint, which may still be recorded until the epoch has risen beyond that
    // writer's. One stays for each that nobody comes back to.
    private readonly Dictionary<UploadId, long> _unanswered = [];

    // Streams of which somebody is about to raise the epoch, as often as that: it may still rise when whoever lingered has ended.
    private readonly List<UploadId> _fencing = [];

    // How often somebody has let go, or all had to, by the hash of the place: a false match costs one more look at the ledger.
    private readonly long[] _endings = new long[1024];

    /// <summary>To be called before the ledger is asked about a place; <see cref="TakeAsync"/> then tells whether the answer still holds.</summary>
    public long Look(UploadId upload, long place) => Volatile.Read(ref Endings(upload, place)) + Volatile.Read(ref Endings(upload, Everywhere));

    /// <summary>Takes the place; returns whether somebody else had it in between, so that what was seen before is stale.</summary>
    /// <param name="look">What <see cref="Look"/> said before the ledger was asked.</param>
    public async Task<(WriterClaim Claim, bool Stale)> TakeAsync(Caller caller, UploadId upload, long place, CancellationToken cancellationToken, long? look = null)
    {
        var waited = false;
        while (true)
        {
            WriterClaim holder;
            lock (Gate)
            {
                if (!_holders.TryGetValue((upload, place), out holder!))
                {
                    var claim = new WriterClaim(this, caller, upload, place, time);
                    _holders.Add((upload, place), claim);
                    return (claim, waited || (look is { } before && before != Look(upload, place)));
                }
            }

            waited = true;
            var left = holder.ClientIsBack ? TimeSpan.Zero : options.Value.TakeoverSilence - holder.SilentFor;
            if (left <= TimeSpan.Zero)
                await StopAsync(holder, cancellationToken);
            else
                await WaitAsync(holder.WhenEnded, left, cancellationToken);
        }
    }

    /// <summary>
    /// Takes the stream to append at an offset. Of two that come with the same offset the later one gets it as long as the former has taken no
    /// byte; then the former goes on and the later gets nothing, as soon as the ledger can tell it more.
    /// </summary>
    /// <param name="insist">The holder has to go, wherever it stands.</param>
    /// <returns>No claim when the holder stands elsewhere.</returns>
    public async Task<(WriterClaim? Claim, bool Stale)> TakeStreamAsync(Caller caller, UploadId upload, long offset, long look, bool insist, CancellationToken cancellationToken)
    {
        var waited = false;
        while (true)
        {
            WriterClaim? holder;
            lock (Gate)
            {
                if (!_holders.TryGetValue((upload, Stream), out holder))
                {
                    var claim = new WriterClaim(this, caller, upload, Stream, time, offset) { FollowsStraggler = Straggles(upload) };
                    _holders.Add((upload, Stream), claim);
                    return (claim, waited || look != Look(upload, Stream));
                }
            }

            waited = true;
            if (insist || holder.AskToStopAt(offset))
            {
                await StopAsync(holder, cancellationToken);
                continue;
            }

            // What the holder has is more than the ledger knows: what the ledger knows now would send the newcomer back to where it came from.
            if (holder.Stands > offset)
                await WaitAsync(holder.WhenRecordedBeyond(offset), options.Value.TakeoverWait, cancellationToken);
            if (!holder.WhenEnded.IsCompleted)
                return (null, true);
        }
    }

    /// <summary>The client is back: asks whoever holds the place to stop, and waits until it has recorded what it keeps. False: nobody holds it.</summary>
    public async Task<bool> ReleaseAsync(UploadId upload, long place, CancellationToken cancellationToken)
    {
        WriterClaim? holder;
        lock (Gate)
            _holders.TryGetValue((upload, place), out holder);
        if (holder is null)
            return false;
        await StopAsync(holder, cancellationToken);
        return true;
    }

    /// <summary>Stops every writer of an upload (E28); whoever looked at it before and has not begun looks again.</summary>
    public async Task ReleaseAllAsync(UploadId upload, CancellationToken cancellationToken)
    {
        WriterClaim[] holders;
        lock (Gate)
        {
            Endings(upload, Everywhere)++;
            _unanswered.Remove(upload);
            holders = [.. _holders.Values.Where(claim => claim.Upload == upload)];
        }

        await Task.WhenAll(holders.Select(holder => StopAsync(holder, cancellationToken)));
    }

    /// <summary>Stops the writers of every caller that matches, as for a caller that is suspended; what came is recorded.</summary>
    public async Task StopCallersAsync(Func<Caller, bool> matches, CancellationToken cancellationToken)
    {
        WriterClaim[] holders;
        lock (Gate)
            holders = [.. _holders.Values.Where(claim => matches(claim.Caller))];
        await Task.WhenAll(holders.Select(holder => StopAsync(holder, cancellationToken)));
    }

    /// <summary>Whether a task of this process, other than the one that asks, may write to the file and has not ended.</summary>
    public bool IsBeingWritten(StoredFile file, WriterClaim asking)
    {
        lock (Gate)
            return _lingering.Any(Writes) || _holders.Values.Any(Writes);

        bool Writes(WriterClaim claim) => claim != asking && claim.File == file;
    }

    /// <summary>Whether somebody who was asked to let go of this upload has not confirmed it, or does not know what it has recorded: then the caller fences it.</summary>
    /// <returns>Null when there is nobody. Until it is disposed of whoever comes finds a straggler, also when that one has ended meanwhile.</returns>
    public IDisposable? FenceOf(UploadId upload)
    {
        lock (Gate)
        {
            if (!Straggles(upload))
                return null;
            _fencing.Add(upload);
            return new Fence(this, upload);
        }
    }

    /// <summary>The stream as the ledger had it when its epoch rose, or when it had ended: what a former writer has sent is recorded by then, or never.</summary>
    [return: NotNullIfNotNull(nameof(upload))]
    public Upload? Claimed(Upload? upload)
    {
        lock (Gate)
        {
            if (upload is not null && _unanswered.TryGetValue(upload.Id, out var epoch) &&
                (upload.Epoch > epoch || upload.State is not (UploadState.Open or UploadState.Paused)))
            {
                _unanswered.Remove(upload.Id);
                // Whoever looked before that has seen what may not be so any more.
                Endings(upload.Id, Stream)++;
            }
        }

        return upload;
    }

    /// <summary>Adds the uploads that somebody writes to; one of which several chunks are written, as often.</summary>
    public void AddWriting(List<UploadId> uploads)
    {
        lock (Gate)
        {
            foreach (var (upload, _) in _holders.Keys)
                uploads.Add(upload);
        }
    }

    internal Lock Gate { get; } = new();

    internal void Ended(WriterClaim claim)
    {
        lock (Gate)
        {
            _lingering.Remove(claim);
            Endings(claim.Upload, claim.Place)++;
            if (_holders.TryGetValue((claim.Upload, claim.Place), out var holder) && holder == claim)
                _holders.Remove((claim.Upload, claim.Place));
        }
    }

    internal void Unanswered(UploadId upload, long epoch)
    {
        lock (Gate)
            _unanswered[upload] = Math.Max(epoch, _unanswered.GetValueOrDefault(upload));
    }

    private bool Straggles(UploadId upload) => _unanswered.ContainsKey(upload) || _fencing.Contains(upload) || _lingering.Any(claim => claim.Upload == upload);

    private ref long Endings(UploadId upload, long place) => ref _endings[(uint)HashCode.Combine(upload, place) % (uint)_endings.Length];

    private sealed class Fence(WriterClaims claims, UploadId upload) : IDisposable
    {
        public void Dispose()
        {
            lock (claims.Gate)
                _ = claims._fencing.Remove(upload);
        }
    }

    private async Task StopAsync(WriterClaim holder, CancellationToken cancellationToken)
    {
        holder.AskToStop();
        if (await WaitAsync(holder.WhenEnded, options.Value.TakeoverWait, cancellationToken))
            return;
        lock (Gate)
        {
            if (_holders.TryGetValue((holder.Upload, holder.Place), out var current) && current == holder)
            {
                _holders.Remove((holder.Upload, holder.Place));
                _lingering.Add(holder);
            }
        }
    }

    private async Task<bool> WaitAsync(Task ended, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await ended.WaitAsync(patience, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}

/// <summary>The right to write at one place of an upload. Disposing it tells whoever waits that everything is recorded.</summary>
public sealed class WriterClaim : IDisposable
{
    private readonly WriterClaims _claims;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private int _isOver;
    private long _lastProgress;
    private StoredFile? _file;

    // Where a stream would stand if its holder ended now; the complement of it, once that is promised to a newcomer.
    private long _stands;
    private long _recorded = -1;

    // Made by who waits for it.
    private TaskCompletionSource? _nextRecord, _ended;

    internal WriterClaim(WriterClaims claims, Caller caller, UploadId upload, long place, TimeProvider time, long stands = 0)
    {
        (_claims, Caller, Upload, Place, _time, _stands) = (claims, caller, upload, place, time, stands);
        _lastProgress = time.GetTimestamp();
    }

    /// <summary>Who sends.</summary>
    public Caller Caller { get; }
    public UploadId Upload { get; }
    public long Place { get; }

    /// <summary>
    /// Somebody who was asked to let go of the stream had not when this one got it, or got no answer to what it recorded last. Also where that has
    /// happened since: it may have come after the look at the ledger (E14).
    /// </summary>
    internal bool FollowsStraggler { get; init; }

    /// <summary>The file it writes to, or is about to; named before anybody else could come to write to it (E20).</summary>
    public StoredFile? File
    {
        get
        {
            lock (_claims.Gate)
                return _file;
        }

        set
        {
            lock (_claims.Gate)
                _file = value;
        }
    }

    /// <summary>Fires when a newcomer wants the place: keep what has come, record it, and let go.</summary>
    public CancellationToken StopRequested => _stop.Token;

    internal bool ClientIsBack => _stop.IsCancellationRequested;
    internal TimeSpan SilentFor => _time.GetElapsedTime(Volatile.Read(ref _lastProgress));

    internal Task WhenEnded
    {
        get
        {
            // First to be told, then the look, as below.
            var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var ended = Interlocked.CompareExchange(ref _ended, fresh, null) ?? fresh;
            if (Volatile.Read(ref _isOver) != 0)
                ended.TrySetResult();
            return ended.Task;
        }
    }

    internal long Stands
    {
        get
        {
            var stands = Volatile.Read(ref _stands);
            return stands < 0 ? ~stands : stands;
        }
    }

    /// <summary>Asked before bytes of a stream are taken. False: a newcomer has been promised that the stream stays where it is, and brings them itself.</summary>
    public bool TryMove(long offset)
    {
        var stands = Volatile.Read(ref _stands);
        return stands >= 0 && Interlocked.CompareExchange(ref _stands, offset, stands) == stands;
    }

    /// <summary>The stream is recorded up to there: whoever waits to be told an offset can be told.</summary>
    public void Recorded(long offset)
    {
        Volatile.Write(ref _recorded, offset);
        Interlocked.Exchange(ref _nextRecord, null)?.SetResult();
    }

    /// <summary>A checkpoint of this epoch has no answer, and may still be recorded: whoever comes next must not write where it says that bytes are (E14).</summary>
    public void Unanswered(long epoch) => _claims.Unanswered(Upload, epoch);

    public void Progress() => Volatile.Write(ref _lastProgress, _time.GetTimestamp());

    /// <summary>Ends when more than that is recorded, or with the holder.</summary>
    internal Task WhenRecordedBeyond(long offset)
    {
        // First to be told, then the look: what is recorded in between tells it.
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var next = Interlocked.CompareExchange(ref _nextRecord, fresh, null) ?? fresh;
        return Volatile.Read(ref _recorded) > offset ? Task.CompletedTask : Task.WhenAny(next.Task, WhenEnded);
    }

    /// <summary>Asks it to stop where it stands, if that is there. True also when somebody has asked before: then it stops, wherever.</summary>
    internal bool AskToStopAt(long offset)
    {
        if (ClientIsBack)
            return true;
        var stands = Interlocked.CompareExchange(ref _stands, ~offset, offset);
        if (stands == offset)
            AskToStop();
        return stands == offset || stands < 0;
    }

    internal void AskToStop()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    public void Dispose()
    {
        _claims.Ended(this);
        Interlocked.Exchange(ref _isOver, 1);
        Volatile.Read(ref _ended)?.TrySetResult();
        _stop.Dispose();
    }
}
