using System.Collections.Concurrent;
using System.Net;

namespace ChunkUpload.Api.Access;

/// <summary>Delays sign-in attempts of an address after failures: the delay doubles with each failure, up to a minute.</summary>
internal sealed class SignInAttempts(TimeProvider time)
{
    private const int FreeFailures = 3;
    private const int LongestShift = 6;
    private const int MaxAddresses = 10_000;
    private const int Ipv6NetworkBytes = 8;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<string, Failures> _failures = new(StringComparer.Ordinal);

    /// <returns>Null when the address may try now.</returns>
    public TimeSpan? Wait(IPAddress? address)
    {
        if (!_failures.TryGetValue(Key(address), out var failures) || failures.Count < FreeFailures)
            return null;
        var wait = TimeSpan.FromSeconds(1 << Math.Min(failures.Count - FreeFailures, LongestShift));
        var left = (wait < LongestWait ? wait : LongestWait) - time.GetElapsedTime(failures.Last);
        return left > TimeSpan.Zero ? left : null;
    }

    public void Failed(IPAddress? address)
    {
        var now = time.GetTimestamp();
        if (_failures.Count >= MaxAddresses)
            Forget();
        _failures.AddOrUpdate(Key(address), _ => new Failures(1, now), (_, was) => new Failures(IsForgotten(was) ? 1 : was.Count + 1, now));
    }

    public void Succeeded(IPAddress? address) => _failures.TryRemove(Key(address), out _);

    private void Forget()
    {
        foreach (var (key, failures) in _failures)
        {
            if (IsForgotten(failures))
                _failures.TryRemove(key, out _);
        }

        // Forget all at ten thousand addresses: memory stays bounded, and the key has 256 random bits.
        if (_failures.Count >= MaxAddresses)
            _failures.Clear();
    }

    private bool IsForgotten(Failures failures) => time.GetElapsedTime(failures.Last) > Forgotten;

    // An IPv6 client can choose its address from a whole network, so count the network.
    private static string Key(IPAddress? address)
    {
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, Ipv6NetworkBytes)));
    }

    private readonly record struct Failures(int Count, long Last);
}
