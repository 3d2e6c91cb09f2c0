using System.Buffers;
using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>The exception that is thrown if the stream cannot be read further. The code is used in the response.</summary>
internal sealed class TarFaultException(string code, string message) : Exception(message)
{
    public string Code => code;
}

/// <summary>
/// Reads a tar stream as it arrives: one member after the other, and the data of each. Reading ends if the client sends nothing for too
/// long, the stream ends early, or a block is not a header, because the start of the next member is then unknown.
/// </summary>
/// <remarks>
/// Written by hand because .NET's TarReader takes memory for an extended header of any size that the stream announces, replaces bytes of a
/// name that are not UTF-8, and does not tell a stream that was cut between two members from one that is complete.
/// </remarks>
internal sealed class TarStream(
    PipeReader reader, IBandwidthLimiter limiter, DayShare day, Caller caller, TimeSpan idle, TimeProvider time, CancellationToken stopping)
    : IDisposable
{
    // Names have 4,096 bytes at most; other attributes, such as access lists, are read and ignored.
    private const int MaxExtendedHeader = 1 << 20;

    private readonly CancellationTokenRegistration _onStopping = stopping.UnsafeRegister(Cancel, reader);
    private readonly ITimer _timer = time.CreateTimer(Cancel, reader, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    private IBandwidthShare? _share;
    private long _data, _padding;

    /// <summary>The number of bytes read.</summary>
    public long Position { get; private set; }

    public void Dispose()
    {
        _onStopping.Dispose();
        _timer.Dispose();
        _share?.Dispose();
    }

    /// <summary>Reads the next header, after skipping the rest of the data before it; returns null at the end of the archive.</summary>
    /// <param name="beforeWait">Called if the header has not arrived yet.</param>
    public async ValueTask<TarMember?> NextAsync(Func<Task> beforeWait)
    {
        byte[]? name = null, link = null;
        PaxRecords? pax = null;
        var block = new byte[TarHeader.BlockSize];
        while (true)
        {
            await SkipAsync();
            if (!HasBytes(TarHeader.BlockSize))
                await beforeWait();
            await ReadAsync(block);
            if (TarHeader.IsEnd(block))
            {
                await DrainAsync();
                return null;
            }

            if (TarHeader.Parse(block, out var fault) is not { } header)
                throw Malformed(fault!);
            Begin(header.Size);
            switch (header.Type)
            {
                case 'x':
                    pax = PaxRecords.Parse(await ReadExtendedAsync(header)) ?? throw Malformed("The extended header is damaged.");
                    continue;
                case 'L':
                    name = Text(await ReadExtendedAsync(header));
                    continue;
                case 'K':
                    link = Text(await ReadExtendedAsync(header));
                    continue;
                default:
                    break;
            }

            // Only files have data, and hard links in the POSIX format.
            var size = pax?.Size ?? header.Size;
            if (header.Type is '2' or '3' or '4' or '5' or '6' || (header.Type == '1' && pax is null))
                size = 0;
            Begin(size);
            NanoTime? modified = NanoTime.TryParse(pax?.Modified, out var precise) ? precise
                : header.Seconds is { } seconds && Math.Abs(seconds) < long.MaxValue / 1_000_000_000 ? new NanoTime(seconds * 1_000_000_000)
                : null;
            return new TarMember(
                header.Type, pax?.Path ?? name ?? header.Name, size, modified, header.Mode, pax?.Link ?? link ?? header.Link,
                pax?.IsSparse ?? false)
            {
                ContentType = pax?.ContentType,
                Sha256 = pax?.Sha256,
            };
        }
    }

    /// <summary>Reads all data of the member.</summary>
    public async ValueTask ReadDataAsync(Memory<byte> target)
    {
        await ReadAsync(target);
        _data -= target.Length;
    }

    /// <summary>A reader of the member's data.</summary>
    public PipeReader Data => new MemberData(this, reader);

    /// <summary>Returns whether this number of bytes can be read without waiting for the client.</summary>
    private bool HasBytes(int count)
    {
        if (!reader.TryRead(out var read))
            return false;
        var has = read.Buffer.Length >= count || read.IsCompleted;
        reader.AdvanceTo(read.Buffer.Start);
        return has;
    }

    private void Begin(long size)
    {
        if (size > long.MaxValue - TarHeader.BlockSize)
            throw Malformed("The header's size is not plausible.");
        _data = size;
        _padding = (TarHeader.BlockSize - size % TarHeader.BlockSize) % TarHeader.BlockSize;
    }

    private async ValueTask<byte[]> ReadExtendedAsync(TarHeader header)
    {
        if (header.Size > MaxExtendedHeader)
            throw Malformed($"An extended header has more than {MaxExtendedHeader} bytes.");
        var data = new byte[header.Size];
        await ReadDataAsync(data);
        return data;
    }

    private static byte[] Text(byte[] data)
    {
        var end = Array.IndexOf(data, (byte)0);
        return end < 0 ? data : data[..end];
    }

    private async ValueTask SkipAsync()
    {
        while (_data + _padding > 0)
        {
            var buffer = await FillAsync();
            var taken = Math.Min(buffer.Length, _data + _padding);
            Advance(buffer, taken);
            var data = Math.Min(taken, _data);
            _data -= data;
            _padding -= taken - data;
        }
    }

    private async ValueTask ReadAsync(Memory<byte> target)
    {
        while (!target.IsEmpty)
        {
            var buffer = await FillAsync();
            var taken = (int)Math.Min(buffer.Length, target.Length);
            buffer.Slice(0, taken).CopyTo(target.Span);
            target = target[taken..];
            Advance(buffer, taken);
        }
    }

    /// <summary>Skips the padding after the archive's end.</summary>
    private async ValueTask DrainAsync()
    {
        while (await FillAsync(mayEnd: true) is { IsEmpty: false } rest)
            Advance(rest, rest.Length);
    }

    private void Advance(ReadOnlySequence<byte> buffer, long count)
    {
        Position += count;
        _share?.Passed(count);
        reader.AdvanceTo(buffer.GetPosition(count));
        if (!day.Passed(count))
            throw new TarFaultException(
                ProblemCodes.QuotaExceeded, "The bytes of the day are used up: continue tomorrow (UTC), or ask for a higher limit.");
    }

    /// <summary>Reads at least one byte; returns none only at the end.</summary>
    private async ValueTask<ReadOnlySequence<byte>> FillAsync(bool mayEnd = false)
    {
        await AwaitBandwidthAsync();
        var since = time.GetTimestamp();
        while (true)
        {
            if (stopping.IsCancellationRequested)
            {
                throw new TarFaultException(
                    ProblemCodes.Stopping, "The service is stopping. Send the archive again; what came is not stored twice.");
            }

            var left = idle - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
                throw new TarFaultException(ProblemCodes.IdleTimeout, "The client sent nothing for too long. Send the archive again.");
            var reading = reader.ReadAsync(CancellationToken.None);
            var waits = !reading.IsCompleted;
            if (waits)
                _ = _timer.Change(left, Timeout.InfiniteTimeSpan);
            var read = await reading;
            if (waits)
                _ = _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (!read.Buffer.IsEmpty)
                return read.Buffer;
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return mayEnd ? default : throw new TarFaultException(
                    ProblemCodes.Interrupted, $"The archive ends after {Position} bytes without its end mark. What came is kept.");
            }

            // A stale wake-up of an earlier wait: read again.
        }
    }

    /// <summary>Waits for bandwidth. Headers and small files share it as one upload.</summary>
    private async ValueTask AwaitBandwidthAsync()
    {
        if (_share is null && !limiter.IsActive)
            return;
        _share ??= limiter.Begin(new Flow(FlowDirection.Receive, caller, Topic.Of(UploadId.New()), BandwidthPriority.Normal));
        while (!await _share.WaitAsync() && !stopping.IsCancellationRequested)
        {
        }
    }

    private TarFaultException Malformed(string detail) =>
        new(ProblemCodes.MalformedTar, $"{detail} (Before byte {Position} of the archive.)");

    private static void Cancel(object? reader) => UploadBody.CancelRead((PipeReader)reader!);

    /// <summary>The body's reader, which ends where the member's data ends.</summary>
    private sealed class MemberData(TarStream stream, PipeReader inner) : PipeReader
    {
        private ReadOnlySequence<byte> _last;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            stream._data == 0 ? new ReadResult(default, false, true) : Bound(await inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            if (stream._data == 0)
            {
                result = new ReadResult(default, false, true);
                return true;
            }

            var read = inner.TryRead(out result);
            if (read)
                result = Bound(result);
            return read;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            if (_last.IsEmpty)
            {
                if (stream._data > 0)
                    inner.AdvanceTo(consumed, examined);
                return;
            }

            var taken = _last.Slice(0, consumed).Length;
            stream._data -= taken;
            stream.Position += taken;
            _last = default;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null)
        {
        }

        private ReadResult Bound(ReadResult result)
        {
            _last = result.Buffer.Length > stream._data ? result.Buffer.Slice(0, stream._data) : result.Buffer;
            return new ReadResult(_last, result.IsCanceled, result.IsCompleted || _last.Length == stream._data);
        }
    }
}
