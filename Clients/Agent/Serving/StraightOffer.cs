using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Straight;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// A file that one device may fetch from this one. The service names the device and the digest of its token, and renews both; what it
/// does not renew ends. Safe for concurrent use.
/// </summary>
/// <param name="pins">The keys that devices had before.</param>
/// <param name="service">The address of the service.</param>
/// <param name="pulse">Wakes the sender when all is sent, and when the file cannot be sent any more.</param>
internal sealed class StraightOffer(
    FileTransferAnswer row, string root, JournalEntry entry, DevicePins pins, string service, TransferPulse pulse) : IDisposable
{
    public const int MostConnections = 8;

    private const int HashBytes = 32;
    private const long Ahead = 64 << 20;
    private const int Block = 1 << 20;

    private static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly RootedFile _source = RootedFile.Open(root, entry);
    private readonly CancellationTokenSource _end = new();
    private readonly WrittenRanges _sent = new([]);
    private Guest? _guest;
    private int _connections;
    private Task<string>? _hashing;

    public Guid Transfer => row.Id;

    public RootedFile Source => _source;

    public long Size => entry.Size;

    public string Tag { get; } = string.Create(CultureInfo.InvariantCulture, $"\"{row.Id:n}-{row.Attempt}\"");

    /// <summary>Why the file cannot be sent any more; <c>null</c> while it can.</summary>
    public TransferException? Fault { get; private set; }

    /// <summary>Gets a value that indicates whether the device shows another key than the one that it had before.</summary>
    public bool IsOtherKey { get; private set; }

    /// <summary>How many different bytes were sent.</summary>
    public long Sent => _sent.Copy().Total;

    /// <summary>The SHA-256 in hex; <c>null</c> until it is known.</summary>
    public string? Digest => entry.Sha256 is { } known ? Convert.ToHexStringLower(known)
        : _hashing is { IsCompletedSuccessfully: true } done ? done.Result : null;

    /// <summary>Gets a value that indicates whether a device has a valid token.</summary>
    public bool HasGuest
    {
        get
        {
            lock (_gate)
                return _guest is { Lease.IsCancellationRequested: false };
        }
    }

    /// <summary>Updates the receiver. If the device has changed, the connections of the previous one are closed.</summary>
    public void Take(StraightGuestAnswer? told)
    {
        lock (_gate)
        {
            if (Read(told) is not { } guest)
            {
                End();
                return;
            }

            if (_guest is null || !Same(_guest.Fingerprint, guest.Fingerprint) || !Same(_guest.TokenSha256, guest.TokenSha256)
                || _guest.Lease.IsCancellationRequested)
            {
                End();
                IsOtherKey = !pins.Accept(service, told!.DeviceId, told.DeviceName ?? "", guest.Fingerprint);
                if (IsOtherKey)
                    return;
                _guest = guest;
            }

            var left = TimeSpan.FromSeconds(told!.Seconds);
            _guest.Lease.CancelAfter(left < LongestLease ? left : LongestLease);
        }
    }

    /// <summary>Returns whether a connection with this key may be set up.</summary>
    public bool Expects(ReadOnlySpan<byte> fingerprint)
    {
        lock (_gate)
            return _guest is { Lease.IsCancellationRequested: false } guest && Same(guest.Fingerprint, fingerprint);
    }

    /// <summary>Authorizes a request.</summary>
    /// <returns>A token that is cancelled when the right ends; <c>null</c> if the request's token is wrong or has expired.</returns>
    public CancellationToken? Admit(ReadOnlySpan<byte> fingerprint, string token)
    {
        lock (_gate)
        {
            return Expects(fingerprint) && Same(_guest!.TokenSha256, SHA256.HashData(Encoding.UTF8.GetBytes(token)))
                ? _guest.Lease.Token
                : null;
        }
    }

    /// <summary>Takes a connection of the few that a transfer has.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _connections) <= MostConnections)
            return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _connections);

    /// <summary>Begins to compute the digest, behind the bytes that are sent, so that the file is read from the disk once.</summary>
    public void BeginHashing()
    {
        if (entry.Sha256 is not null)
            return;
        lock (_gate)
        {
            if (_hashing is not null)
                return;
            _hashing = Task.Run(() => HashAsync(_end.Token));
        }

        _ = _hashing.ContinueWith(
            _ => Report(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits for the digest of a small file, so that it is sent with the first byte. Others are sent later.</summary>
    public async Task HashSmallAsync(CancellationToken stop)
    {
        BeginHashing();
        if (Size <= RequestedFiles.SmallSize && _hashing is { } hashing)
            _ = await hashing.WaitAsync(stop);
    }

    public void Add(long offset, int length) => _sent.Add(offset, length);

    /// <summary>Lets the sender report now if all is sent.</summary>
    public void Report()
    {
        if (Digest is not null && Sent >= Size)
            pulse.Set();
    }

    /// <summary>Ends the offer because the file is not the one any more that was asked for, or cannot be read.</summary>
    public void Fail(TransferException failure)
    {
        lock (_gate)
        {
            Fault ??= failure;
            End();
        }

        pulse.Set();
    }

    public void Dispose()
    {
        lock (_gate)
            End();
        _end.Cancel();
        _end.Dispose();
        _source.Dispose();
    }

    private void End()
    {
        _guest?.Lease.Cancel();
        _guest = null;
    }

    private static Guest? Read(StraightGuestAnswer? told)
    {
        var (fingerprint, token) = (new byte[HashBytes], new byte[HashBytes]);
        return told is { Seconds: > 0 and < 3600 } && IsHash(told.Fingerprint, fingerprint) && IsHash(told.TokenSha256, token)
            ? new Guest(fingerprint, token, new CancellationTokenSource())
            : null;
    }

    private static bool IsHash(string? hex, byte[] bytes) => hex?.Length == 2 * HashBytes
        && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done;

    private static bool Same(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(one, other);

    private async Task<string> HashAsync(CancellationToken stop)
    {
        try
        {
            using var file = RootedFile.Open(root, entry);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var block = new byte[Block];
            for (long at = 0; at < Size;)
            {
                var end = await FrontAsync(at, stop);
                while (at < end)
                {
                    var read = await file.ReadAsync(at, block.AsMemory(0, (int)Math.Min(Block, end - at)), stop);
                    if (read == 0)
                        throw RootedFile.Changed();
                    hash.AppendData(block.AsSpan(0, read));
                    at += read;
                }
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (TransferException failure)
        {
            Fail(failure);
            throw;
        }
    }

    /// <summary>Up to where to hash. An earlier run may have sent the beginning, which then does not come again.</summary>
    private async Task<long> FrontAsync(long at, CancellationToken stop)
    {
        if (Size <= RequestedFiles.SmallSize)
            return Size;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Lag);
        try
        {
            return await _sent.FrontAsync(at, patience.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Math.Min(Size, at + Ahead);
        }
    }

    private sealed record Guest(byte[] Fingerprint, byte[] TokenSha256, CancellationTokenSource Lease);
}
