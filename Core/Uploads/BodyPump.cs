using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

internal enum BodyEnd
{
    /// <summary>The body's end was seen.</summary>
    Complete = 1,

    /// <summary>More bytes came than may come.</summary>
    TooLong,
    Disconnected,

    /// <summary>What came is no body: its framing is broken.</summary>
    Malformed,
    Idle,
    TakenOver,
    Stopping,

    /// <summary>The sink wants nothing more.</summary>
    Refused,
}

internal static class BodyEnds
{
    /// <summary>
    /// What the end of a body that broke off says of the network. Who is taken over had a dead connection without knowing it.
    /// </summary>
    public static BodyEnding Ending(this BodyEnd end) => end switch
    {
        BodyEnd.Disconnected => BodyEnding.Disconnect,
        BodyEnd.Idle or BodyEnd.TakenOver => BodyEnding.Stall,
        _ => BodyEnding.Unrelated,
    };

    /// <summary>What a failed attempt is called in the ledger.</summary>
    public static string Kind(this BodyEnd end) => end switch
    {
        BodyEnd.Idle => "idle",
        BodyEnd.TakenOver => "taken-over",
        BodyEnd.Stopping => "stopping",
        BodyEnd.TooLong => "length",
        BodyEnd.Malformed => "malformed",
        _ => "disconnect",
    };
}

/// <summary>Takes the bytes of one request, wherever they are to go.</summary>
internal interface IBodySink
{
    /// <summary>Where in its file the next byte goes.</summary>
    long Place => 0;

    /// <summary>Called before so many bytes are written.</summary>
    ValueTask ReadyAsync(long bytes) => default;

    /// <summary>Called for each run of bytes that the socket delivered, in order.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Called after each read; may make a checkpoint. False: nothing more is wanted.</summary>
    ValueTask<bool> AfterReadAsync() => ValueTask.FromResult(true);

    /// <summary>
    /// How long to wait for the next byte before <see cref="AfterReadAsync"/> is called without one; null: as long as it takes.
    /// </summary>
    TimeSpan? Patience => null;

    /// <summary>Where a stream would stand with so many bytes more if it ended then; null for what is no stream.</summary>
    long? StandsAfter(long bytes) => null;
}

/// <summary>For a body that may have none.</summary>
internal sealed class NoBytes : IBodySink
{
    public static NoBytes Instance { get; } = new();

    public void Write(ReadOnlySpan<byte> bytes)
    {
    }
}

/// <summary>The one loop that reads a request's body: count, hand on, watch for idleness, tick progress.</summary>
internal sealed class BodyPump(IOptions<UploadOptions> options, ITransferPacer pacer, TimeProvider time, StoppingSignal stopping)
{
    // What may lie between a socket and here.
    private const long Between = 8 << 20;

    // Some 10 ms of work.
    private const long Turn = 4 << 20;

    /// <param name="limit">How many bytes may come; the first one beyond ends the pump.</param>
    /// <param name="watch">Told of every read, for the advisor.</param>
    /// <returns>Why it ended, and how many bytes went to the sink.</returns>
    public async Task<(BodyEnd End, long Bytes)> RunAsync(
        UploadBody body, IBodySink sink, long limit, WriterClaim claim, CancellationToken clientGone, BodyWatch? watch = null)
    {
        var reader = body.Reader;
        long bytes = 0;
        var idle = options.Value.BodyIdleTimeout;
        // One timer for both: the client that sends nothing at all, and what it has sent, which shall not wait to be handed on and
        // recorded.
        using var patience = time.CreateTimer(CancelRead, reader, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var onTakeover = claim.StopRequested.UnsafeRegister(CancelRead, reader);
        using var onStopping = stopping.Token.UnsafeRegister(CancelRead, reader);
        using var onGone = clientGone.UnsafeRegister(CancelRead, reader);
        var pace = new BodyPace(body.Arrival, body.Length, time);
        var waited = TimeSpan.Zero;
        long sinceTurn = 0, drained = 0, toDrain = 0, askedAt = 0;
        BodyEnd? asked = null;
        try
        {
            while (true)
            {
                System.IO.Pipelines.ReadResult read;
                try
                {
                    pace.Ask(sink.Place);
                    var reading = reader.ReadAsync(CancellationToken.None);
                    if (reading.IsCompleted)
                    {
                        read = await reading;
                    }
                    else
                    {
                        pace.Wait();
                        // The client is to blame for the time that its bytes take to come, and for no other.
                        var since = time.GetTimestamp();
                        _ = patience.Change(Shorter(idle - waited, pace.Patience(sink.Patience)), Timeout.InfiniteTimeSpan);
                        read = await reading;
                        // A read that has ended is waited for no more: left alone it would break off one that comes later.
                        _ = patience.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                        waited += time.GetElapsedTime(since);
                        sinceTurn = 0;
                    }
                }
                catch (BodyFaultException fault)
                {
                    return (asked ?? (fault.Fault == BodyFault.Malformed ? BodyEnd.Malformed : BodyEnd.Idle), bytes);
                }
                catch (Exception exception) when (exception is IOException or OperationCanceledException)
                {
                    return (asked ?? BodyEnd.Disconnected, bytes);
                }

                var buffer = read.Buffer;
                var length = buffer.Length;
                pace.Took(length, read.IsCanceled);
                var tooLong = length > limit - bytes;
                var promised = length > 0 && sink.StandsAfter(tooLong ? 0 : length) is { } stands && !claim.TryMove(stands);
                bool broken;
                try
                {
                    if (!promised && !tooLong && length > 0)
                    {
                        await sink.ReadyAsync(length);
                        foreach (var run in buffer)
                            sink.Write(run.Span);
                        bytes += length;
                        waited = TimeSpan.Zero;
                        claim.Progress();
                        watch?.Read(length);
                    }
                }
                finally
                {
                    broken = !TryAdvance(reader, buffer.End);
                }

                if (promised)
                    return (BodyEnd.TakenOver, bytes);
                if (broken)
                    return (asked ?? BodyEnd.Disconnected, bytes);
                if (tooLong)
                    return (BodyEnd.TooLong, bytes);
                if (!await sink.AfterReadAsync())
                    return (BodyEnd.Refused, bytes);
                if (read.IsCompleted)
                    return (BodyEnd.Complete, bytes);
                await PaceAsync(claim, length);
                if (read.IsCanceled)
                    asked ??= Asked(claim, clientGone);
                if (waited >= idle)
                    asked ??= BodyEnd.Idle;
                if (asked is { } end)
                {
                    var left = pace.Left();
                    // What is there when it is asked to end, and no more, as its client may still be sending.
                    if (toDrain == 0)
                        (toDrain, askedAt) = (left + Between, time.GetTimestamp());
                    drained += length;
                    // Whom somebody waits for ends before it would be fenced, and lose what it has taken.
                    var late = claim.StopRequested.IsCancellationRequested && time.GetElapsedTime(askedAt) > options.Value.TakeoverWait / 2;
                    if (left == 0 || drained > toDrain || late)
                        return (end, bytes);
                }

                // One that never waits for bytes would keep its thread from everybody else.
                sinceTurn += length;
                if (sinceTurn >= Turn)
                {
                    sinceTurn = 0;
                    await Task.Yield();
                }
            }
        }
        finally
        {
            pace.End();
        }
    }

    // A takeover ends the wait; the loop then sees it.
    private async ValueTask PaceAsync(WriterClaim claim, long bytes)
    {
        try
        {
            await pacer.ReceivedAsync(claim.Caller, bytes, claim.StopRequested);
        }
        catch (OperationCanceledException) when (claim.StopRequested.IsCancellationRequested)
        {
        }
    }

    private static void CancelRead(object? reader) => UploadBody.CancelRead((System.IO.Pipelines.PipeReader)reader!);

    /// <param name="left">Of the time that a client may be silent; none when it is over.</param>
    /// <param name="patience">Below zero: without end.</param>
    private static TimeSpan Shorter(TimeSpan left, TimeSpan patience) =>
        left <= TimeSpan.Zero ? TimeSpan.Zero : patience >= TimeSpan.Zero && patience < left ? patience : left;

    private BodyEnd? Asked(WriterClaim claim, CancellationToken clientGone) =>
        claim.StopRequested.IsCancellationRequested ? BodyEnd.TakenOver
        : clientGone.IsCancellationRequested ? BodyEnd.Disconnected
        : stopping.Token.IsCancellationRequested ? BodyEnd.Stopping
        : null;

    /// <summary>False when the connection was reset while its last bytes were handed on: they came, and count (E14).</summary>
    private static bool TryAdvance(System.IO.Pipelines.PipeReader reader, SequencePosition end)
    {
        try
        {
            reader.AdvanceTo(end);
            return true;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
