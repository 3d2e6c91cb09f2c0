using System.Buffers;
using System.Security.Cryptography;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Client.Projects;

/// <summary>
/// The file of the full size in which the bytes of a version gather, whichever way they come. Its SHA-256 is computed along its front. Safe
/// for concurrent use.
/// </summary>
internal sealed class PartFile : IAsyncDisposable
{
    private const int Block = 1 << 20;
    private const int MostRanges = 1000;

    // After a kill, at most this much is lost.
    private const long SaveEachBytes = 4 << 20;

    private static readonly TimeSpan SaveEach = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly SafeFileHandle _output;
    private readonly WrittenRanges _written;
    private readonly StateFile _state;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Task<string> _hashing;
    private long _savedAt;
    private long _unsaved;

    private PartFile(string path, SafeFileHandle output, long size, WrittenRanges written, StateFile state, TimeProvider time)
    {
        (_path, _output, Size, _written, _state, _time, _savedAt) = (path, output, size, written, state, time, time.GetTimestamp());
        _hashing = Task.Run(HashAsync);
    }

    public long Size { get; }

    /// <summary>What is missing.</summary>
    public IReadOnlyList<RangeView> Gaps => _written.Copy().Inverse(Size).Items;

    /// <summary>What the service has to relay; <c>null</c> for all of the file.</summary>
    public IReadOnlyList<RangeView>? Missing
    {
        get
        {
            var gaps = Gaps;
            if (gaps.Count == 0)
            {
                // Only the digest is missing. It is sent with any relayed bytes.
                return Size > 0 ? [new RangeView(Size - 1, 1)] : null;
            }

            if (gaps.Count > MostRanges)
                gaps = [.. gaps.Take(MostRanges - 1), Between(gaps[MostRanges - 1], gaps[^1])];
            return gaps.Sum(gap => gap.Length) < Size ? gaps : null;
        }
    }

    /// <summary>Returns whether all that is missing is in these ranges.</summary>
    public bool IsCompletedBy(IReadOnlyList<RangeView> ranges)
    {
        var relayed = new RangeSet(ranges);
        return Gaps.All(gap => relayed.Within(gap.Offset, gap.Length) == gap.Length);
    }

    /// <param name="path">The file.</param>
    /// <param name="state">Has what an earlier run wrote.</param>
    public static PartFile Open(string path, long size, StateFile state, ProgressBoard board, TimeProvider time)
    {
        var isKnown = state.State is { Written.Count: > 0 } && new FileInfo(path) is { Exists: true } there && there.Length == size;
        var written = new WrittenRanges(isKnown ? state.State!.Written : []);
        var part = new PartFile(path, DownloadRun.OpenPart(path, size, isKnown), size, written, state, time);
        board.Know(written.Copy(), isKnown);
        return part;
    }

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await RandomAccess.WriteAsync(_output, bytes, offset, _end.Token);
        }
        catch (IOException failure)
        {
            throw LocalFaults.Writing(_path, failure);
        }

        _written.Add(offset, bytes.Length);
        var unsaved = Interlocked.Add(ref _unsaved, bytes.Length);
        var last = Interlocked.Read(ref _savedAt);
        if ((unsaved >= SaveEachBytes || _time.GetElapsedTime(last) > SaveEach)
            && Interlocked.CompareExchange(ref _savedAt, _time.GetTimestamp(), last) == last)
            Save();
    }

    /// <summary>Returns the SHA-256 of all bytes once they are there, in hex.</summary>
    public async Task<string> DigestAsync(CancellationToken stop)
    {
        var digest = await _hashing.WaitAsync(stop);
        // Best effort: on Linux .NET does not report a failed flush.
        LocalTree.Try(() => RandomAccess.FlushToDisk(_output));
        return digest;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await ((Task)_hashing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Save();
        _output.Dispose();
        _end.Dispose();
    }

    private void Save()
    {
        _ = Interlocked.Exchange(ref _unsaved, 0);
        if (_state.State is not null)
            _state.Save(known => known! with { Written = _written.Copy().Items });
    }

    private static RangeView Between(RangeView first, RangeView last) =>
        new(first.Offset, last.Offset + last.Length - first.Offset);

    private async Task<string> HashAsync()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = ArrayPool<byte>.Shared.Rent(Block);
        for (long at = 0; at < Size;)
        {
            var front = await _written.FrontAsync(at, _end.Token);
            while (at < front)
            {
                var read = await RandomAccess.ReadAsync(_output, block.AsMemory(0, (int)Math.Min(Block, front - at)), at, _end.Token);
                if (read == 0)
                    throw TransferException.Local("The file became shorter while it was written.");
                hash.AppendData(block.AsSpan(0, read));
                at += read;
            }
        }

        ArrayPool<byte>.Shared.Return(block);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
