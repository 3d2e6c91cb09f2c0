using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Projects;

/// <summary>The token and addresses with which the receiver fetches a file from the other device.</summary>
/// <param name="Addresses">The addresses and ports at which the device listens.</param>
public sealed record StraightTicket(string Token, IReadOnlyList<string> Addresses);

/// <summary>The device that the source accepts, identified by its key and a token.</summary>
/// <param name="Key">The key of the device. The access ends when the key ends.</param>
/// <param name="Left">How long the token is valid unless the receiver renews it.</param>
public sealed record StraightGuest(
    Guid Device, Guid Key, string DeviceName, byte[] Fingerprint, byte[] TokenSha256, TimeSpan Left);

/// <summary>
/// Connects the two devices of a direct transfer: the receiver gets a token, and the source its SHA-256, for one attempt, one key and one
/// minute. It is in memory only; after a restart both devices report again.
/// </summary>
public sealed class StraightBook(TimeProvider time)
{
    /// <summary>How long a token is valid after the receiver's last request.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private const int Most = 100_000;
    private const int TokenBytes = 32;

    private readonly ConcurrentDictionary<Guid, Entry> _entries = new();
    private readonly ConcurrentDictionary<Guid, (ProjectDevice Device, long At)> _batches = new();

    /// <summary>
    /// Records the device that receives an attempt, and issues or renews its token. While one device has a valid token, no other device of
    /// the requester gets one.
    /// </summary>
    public void Renew(FileTransfer transfer, ProjectDevice receiver)
    {
        if (receiver is not { Fingerprint: { } fingerprint, RevokedAt: null } || receiver.Id == transfer.Source.Id)
            return;
        var entry = EntryOf(transfer);
        lock (entry)
        {
            var isSame = entry.Guest?.Fingerprint.AsSpan().SequenceEqual(fingerprint) == true && entry.Attempt == transfer.Attempt;
            if (!isSame && IsValid(entry) && entry.Attempt == transfer.Attempt)
                return;
            if (!isSame || !IsValid(entry))
            {
                var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
                entry.Guest = new StraightGuest(
                    receiver.Id, receiver.Key, receiver.Name, fingerprint, SHA256.HashData(Encoding.ASCII.GetBytes(token)), Lifetime);
                (entry.Token, entry.Attempt) = (token, transfer.Attempt);
            }

            entry.RenewedAt = time.GetTimestamp();
        }
    }

    /// <summary>Records the addresses at which the source of an attempt listens.</summary>
    public void Tell(FileTransfer transfer, IReadOnlyList<string> addresses)
    {
        var entry = EntryOf(transfer);
        lock (entry)
            (entry.Addresses, entry.ToldFor) = (addresses, transfer.Attempt);
    }

    /// <summary>Records the device that receives a batch. Each of its transfers that starts gets a token for this device.</summary>
    public void Note(FileBatch batch, ProjectDevice receiver)
    {
        if (_batches.Count >= Most)
        {
            foreach (var (id, noted) in _batches.Where(one => !IsFresh(one.Value.At)))
                _ = _batches.TryRemove(new(id, noted));
        }

        _batches[batch.Id] = (receiver, time.GetTimestamp());
    }

    /// <summary>
    /// Returns whether an online device receives the attempt. If a device receives its batch, a token is issued for it.
    /// </summary>
    public bool HasReceiver(FileTransfer transfer)
    {
        if (GuestOf(transfer) is not null)
            return true;
        if (transfer.Batch is not { } batch || !_batches.TryGetValue(batch, out var noted) || !IsFresh(noted.At)
            || (transfer.TargetKey is { } key && key != noted.Device.Key))
            return false;
        Renew(transfer, noted.Device);
        return GuestOf(transfer) is not null;
    }

    /// <returns><c>null</c> unless a device with this key receives the attempt, and the source listens.</returns>
    public StraightTicket? TicketOf(FileTransfer transfer, Guid device)
    {
        if (!_entries.TryGetValue(transfer.Id, out var entry))
            return null;
        lock (entry)
        {
            return IsValid(entry) && entry.Attempt == transfer.Attempt && entry.ToldFor == transfer.Attempt
                && entry.Guest!.Device == device && entry.Addresses.Count > 0
                ? new StraightTicket(entry.Token!, entry.Addresses)
                : null;
        }
    }

    /// <returns><c>null</c> if no device has a valid token for the attempt.</returns>
    public StraightGuest? GuestOf(FileTransfer transfer)
    {
        if (!_entries.TryGetValue(transfer.Id, out var entry))
            return null;
        lock (entry)
        {
            return IsValid(entry) && entry.Attempt == transfer.Attempt
                ? entry.Guest! with { Left = Lifetime - time.GetElapsedTime(entry.RenewedAt) }
                : null;
        }
    }

    /// <summary>Revokes the tokens of a tenant. The sources learn it with their next request.</summary>
    public void End(string tenant)
    {
        foreach (var (id, _) in _entries.Where(one => one.Value.Tenant == tenant))
            _ = _entries.TryRemove(id, out _);
    }

    private bool IsValid(Entry entry) => entry.Guest is not null && IsFresh(entry.RenewedAt);

    private bool IsFresh(long at) => time.GetElapsedTime(at) < Lifetime;

    private Entry EntryOf(FileTransfer transfer)
    {
        if (_entries.Count >= Most)
        {
            foreach (var (id, entry) in _entries.Where(one => !IsValid(one.Value)))
                _ = _entries.TryRemove(new(id, entry));
        }

        return _entries.GetOrAdd(transfer.Id, _ => new Entry(transfer.Tenant));
    }

    private sealed class Entry(string tenant)
    {
        public string Tenant => tenant;

        public int Attempt { get; set; }

        public StraightGuest? Guest { get; set; }

        public string? Token { get; set; }

        public long RenewedAt { get; set; }

        public IReadOnlyList<string> Addresses { get; set; } = [];

        public int ToldFor { get; set; }
    }
}
