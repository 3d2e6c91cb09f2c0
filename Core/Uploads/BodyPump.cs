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
    /// <summary>What the end of a body that broke off says of the network. Who is taken over had a dead connection without knowing it.</summary>
    public static BodyEnding Ending(this BodyEnd end) => end switch
    {
        BodyEnd.Disconnected => BodyEnding.Disconnect,
        BodyEnd.Idle or BodyEnd.TakenOver => BodyEnding.Stall,
        _ => BodyEnding.Unrelated,
    };
}

/// <summary>Takes the bytes of one request, wherever they are to go.</summary>
internal interface IBodySink
{
    /// <summary>Called for each run of bytes that the socket delivered, in order.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Called after each read; may make a checkpoint. False: nothing more is wanted.</summary>
    ValueTask<bool> AfterReadAsync(CancellationToken cancellationToken);

    /// <summary>How long to wait for the next byte before <see cref="AfterReadAsync"/> is called without one; null: as long as it takes.</summary>
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

    public ValueTask<bool> AfterReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(true);
}

/// <summary>The one loop that reads a request's body: count, hand on, watch for idleness, tick progress.</summary>
internal sealed class BodyPump(IOptions<UploadOptions> options, TimeProvider time, StoppingSignal stopping)
{
    /// <param name="limit">How many bytes may come; the first one beyond ends the pump.</param>
    /// <param name="watch">Told of every read, for the advisor.</param>
    /// <returns>Why it ended, and how many bytes went to the sink.</returns>
    public async Task<(BodyEnd End, long Bytes)> RunAsync(
        UploadBody body, IBodySink sink, long limit, WriterClaim claim, CancellationToken clientGone, BodyWatch? watch = null)
    {
        var reader = body.Reader;
        long bytes = 0;
        var idle = options.Value.BodyIdleTimeout;
        using var idleness = new CancellationTokenSource(idle, time);

        // The read is cancelled rather than its task, because it then still hands over what the socket has delivered; so what happens
        // between two reads also shows only in the next one.
        void CancelRead()
        {
            try
            {
                reader.CancelPendingRead();
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException)
            {
                // The connection was reset: the read ends by itself.
            }
        }

        // A client that stalls in a tunnel shall not keep what it has sent from being recorded.
        using var impatience = time.CreateTimer(_ => CancelRead(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var waitingSince = time.GetTimestamp();
        using var onIdle = idleness.Token.Register(CancelRead);
        using var onTakeover = claim.StopRequested.Register(CancelRead);
        using var onStopping = stopping.Token.Register(CancelRead);
        using var onGone = clientGone.Register(CancelRead);

        while (true)
        {
            System.IO.Pipelines.ReadResult read;
            try
            {
                read = await reader.ReadAsync(CancellationToken.None);
            }
            catch (BodyFaultException fault)
            {
                return (fault.Fault == BodyFault.Malformed ? BodyEnd.Malformed : BodyEnd.Idle, bytes);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                return (BodyEnd.Disconnected, bytes);
            }

            // The client is not to blame for the time that its bytes take here.
            idleness.CancelAfter(Timeout.InfiniteTimeSpan);
            var waited = read.Buffer.IsEmpty ? time.GetElapsedTime(waitingSince) : TimeSpan.Zero;
            var buffer = read.Buffer;
            var tooLong = buffer.Length > limit - bytes;
            var promised = false;
            bool broken;
            try
            {
                if (!tooLong && buffer.Length > 0 && sink.StandsAfter(buffer.Length) is { } stands && !claim.TryMove(stands))
                {
                    promised = true;
                }
                else if (!tooLong && buffer.Length > 0)
                {
                    foreach (var run in buffer)
                        sink.Write(run.Span);
                    bytes += buffer.Length;
                    claim.Progress();
                    watch?.Read(buffer.Length);
                }
            }
            finally
            {
                broken = !TryAdvance(reader, buffer.End);
            }

            if (promised)
                return (BodyEnd.TakenOver, bytes);
            if (broken)
                return (BodyEnd.Disconnected, bytes);
            if (tooLong)
                return (BodyEnd.TooLong, bytes);
            if (!await sink.AfterReadAsync(clientGone))
                return (BodyEnd.Refused, bytes);
            if (read.IsCompleted)
                return (BodyEnd.Complete, bytes);
            if (read.IsCanceled)
            {
                if (claim.StopRequested.IsCancellationRequested)
                    return (BodyEnd.TakenOver, bytes);
                if (clientGone.IsCancellationRequested)
                    return (BodyEnd.Disconnected, bytes);
                if (stopping.Token.IsCancellationRequested)
                    return (BodyEnd.Stopping, bytes);
                if (idleness.IsCancellationRequested)
                    return (BodyEnd.Idle, bytes);
            }

            if (waited >= idle)
                return (BodyEnd.Idle, bytes);
            waitingSince = time.GetTimestamp() - (long)(waited.TotalSeconds * time.TimestampFrequency);
            idleness.CancelAfter(idle - waited);
            impatience.Change(sink.Patience ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

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
