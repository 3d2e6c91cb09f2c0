using System.Diagnostics;
using System.IO.Compression;
using System.Numerics;

namespace ChunkUpload.Client.Uploads;

/// <summary>A chunk's bytes as they are sent: compressed, or as they are.</summary>
/// <param name="Bytes">The bytes to send.</param>
/// <param name="Coding">Null means as they are.</param>
/// <param name="Length">Bytes of the chunk.</param>
/// <param name="Work">How long compressing took.</param>
internal readonly record struct CodedBytes(ReadOnlyMemory<byte> Bytes, string? Coding, int Length, TimeSpan Work);

/// <summary>
/// Decides for each chunk whether compressing it makes it arrive earlier: by what a sample of it shrinks to and how long that takes, and by
/// how fast chunks arrive that are sent as they are. Where compressed ones turn out to arrive later, they are given up, as is content that
/// does not shrink; both are looked at again now and then. Safe for concurrent use.
/// </summary>
internal sealed class ChunkCompressor(IReadOnlyList<string> codings, TimeProvider time)
{
    public const string Gzip = "gzip";
    public const string Brotli = "br";

    private const int Least = 4 << 10;
    private const int Sample = 64 << 10;
    private const int Samples = 3;

    // The saved bytes must be worth the work on both sides.
    private const double MostShare = 0.9;

    // The service refuses a higher ratio, which no gzip stream has.
    private const int MostRatio = 1000;

    private const int GiveUpAfter = 3;
    private const int LookAgainEach = 16;

    // Chunks that go as they are show what the link takes: the first, the fourth, the eighth …, then one now and then.
    private const int PlainEach = 32;

    // Before the first chunk has arrived, the link counts as slow: a wrong guess costs the work for the few chunks beside it.
    private const double Unknown = 1 << 20;
    private const double Newest = 0.3;

    private readonly Lock _gate = new();

    private readonly bool _hasGzip = codings.Contains(Gzip);
    private readonly bool _hasBrotli = codings.Contains(Brotli);
    private double _plain;
    private double _coded;
    private int _count;
    private int _inVain;
    private int _passed;
    private long _saved;
    private volatile bool _isStopped;

    /// <summary>The number of bytes that were saved by compression.</summary>
    public long Saved => Interlocked.Read(ref _saved);

    /// <summary>Stops compressing, because a proxy does not accept compressed bytes.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>Records that a chunk has arrived after this time.</summary>
    public void Sent(CodedBytes chunk, TimeSpan took)
    {
        if (chunk.Length < Least || took <= TimeSpan.Zero)
            return;
        var speed = chunk.Length / (chunk.Work + took).TotalSeconds;
        lock (_gate)
        {
            // The first chunk of a connection is slow, so a faster one replaces its figure.
            if (chunk.Coding is null)
                _plain = Math.Max(speed, Mean(_plain, speed));
            else
                _coded = Mean(_coded, speed);
        }

        static double Mean(double old, double speed) => old == 0 ? speed : old + ((speed - old) * Newest);
    }

    public CodedBytes Compress(ReadOnlyMemory<byte> bytes)
    {
        var plain = new CodedBytes(bytes, null, bytes.Length, TimeSpan.Zero);
        if (_isStopped || bytes.Length < Least || !(_hasGzip || _hasBrotli))
            return plain;
        var count = Interlocked.Increment(ref _count);
        if (count % PlainEach == 1 || (count is > 2 and < PlainEach && BitOperations.IsPow2(count)))
            return plain;
        if ((Volatile.Read(ref _inVain) >= GiveUpAfter || IsSlower) && Interlocked.Increment(ref _passed) % LookAgainEach != 0)
            return plain;
        if (Choose(bytes.Span) is not { } coding)
        {
            _ = Interlocked.Increment(ref _inVain);
            return plain;
        }

        var began = time.GetTimestamp();
        var coded = Run(coding, bytes.Span);
        if (coding == Brotli && (long)coded.Length * MostRatio < bytes.Length && _hasGzip)
            (coding, coded) = (Gzip, Run(Gzip, bytes.Span));
        if (coded.Length > bytes.Length * MostShare)
        {
            _ = Interlocked.Increment(ref _inVain);
            return plain;
        }

        _ = Interlocked.Exchange(ref _inVain, 0);
        _ = Interlocked.Add(ref _saved, bytes.Length - coded.Length);
        return new CodedBytes(coded, coding, bytes.Length, time.GetElapsedTime(began));
    }

    private bool IsSlower
    {
        get
        {
            lock (_gate)
                return _coded > 0 && _coded < _plain;
        }
    }

    /// <summary>Returns the coding with which the chunk arrives first; null means none.</summary>
    private string? Choose(ReadOnlySpan<byte> bytes)
    {
        var sample = SampleOf(bytes);
        double link;
        lock (_gate)
            link = _plain > 0 ? _plain : Unknown;
        var (best, shortest) = ((string?)null, MostShare / link);
        foreach (var coding in new[] { _hasGzip ? Gzip : null, _hasBrotli ? Brotli : null })
        {
            if (coding is null)
                continue;
            var began = time.GetTimestamp();
            var size = Run(coding, sample).Length;
            var perByte = (time.GetElapsedTime(began).TotalSeconds / sample.Length) + ((double)size / sample.Length / link);
            if (size < sample.Length * MostShare && perByte < shortest)
                (best, shortest) = (coding, perByte);
        }

        return best;
    }

    /// <summary>Returns a sample of the beginning, the middle and the end, because a header may compress better than the rest.</summary>
    private static byte[] SampleOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= Sample)
            return bytes.ToArray();
        var part = Sample / Samples;
        return
        [
            .. bytes[..part], .. bytes.Slice((bytes.Length - part) / 2, part), .. bytes[^part..],
        ];
    }

    private static byte[] Run(string coding, ReadOnlySpan<byte> bytes)
    {
        if (coding == Brotli)
        {
            var coded = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
            // Quality 4 is about as fast as gzip at its usual level, and smaller.
            return BrotliEncoder.TryCompress(bytes, coded, out var written, quality: 4, window: 22)
                ? coded[..written]
                : throw new UnreachableException("The buffer has room for the worst case.");
        }

        using var result = new MemoryStream(bytes.Length / 2);
        using (var gzip = new GZipStream(result, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return result.ToArray();
    }
}
