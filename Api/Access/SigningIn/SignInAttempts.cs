using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>
/// Delays sign-in attempts of an address, and of an account, after failures: the delay doubles with each, up to a minute. Failures at other
/// nodes count, too.
/// </summary>
internal sealed class SignInAttempts
{
    private const int FreeFailures = 3;
    private const int LongestShift = 6;
    private const int MaxKeys = 10_000;
    private const int Ipv6NetworkBytes = 8;

    // A report has the number of failures below this, and above it how many seconds are left until they are forgotten.
    private const int CountBits = 8;
    private const long MostCounted = (1 << CountBits) - 1;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(15);

    private readonly Lock _begins = new();
    private readonly ConcurrentDictionary<string, Failures> _failures = new(StringComparer.Ordinal);
    private readonly SharedUsage _usage;
    private readonly TimeProvider _time;

    public SignInAttempts(SharedUsage usage, TimeProvider time)
    {
        (_usage, _time) = (usage, time);
        usage.Add(Used);
    }

    /// <returns>Null when the address or the account may try now.</returns>
    public TimeSpan? Wait(string key)
    {
        long count = 0;
        var since = TimeSpan.MaxValue;
        if (_failures.TryGetValue(key, out var failures))
            (count, since) = (failures.Count, _time.GetElapsedTime(failures.Last));
        if (_usage.IsShared)
        {
            foreach (var told in _usage.EachOfOthers(SharedKey(key)))
            {
                count += told & MostCounted;
                var at = Forgotten - TimeSpan.FromSeconds(told >> CountBits);
                since = at < since ? at : since;
            }
        }

        if (count < FreeFailures)
            return null;
        var wait = TimeSpan.FromSeconds(1 << (int)Math.Min(count - FreeFailures, LongestShift));
        var left = (wait < LongestWait ? wait : LongestWait) - since;
        return left > TimeSpan.Zero ? left : null;
    }

    /// <summary>
    /// Like <see cref="Wait"/>, but counts the attempt as failed immediately, so that concurrent attempts cannot exceed the limit.
    /// <see cref="Succeeded"/> or <see cref="Withdraw"/> reverts that.
    /// </summary>
    public TimeSpan? Begin(string key)
    {
        lock (_begins)
        {
            if (Wait(key) is { } wait)
                return wait;
            Failed(key);
            return null;
        }
    }

    /// <summary>Removes a started attempt that was not decided.</summary>
    public void Withdraw(string key)
    {
        while (_failures.TryGetValue(key, out var was) && was.Count > 0
            && !_failures.TryUpdate(key, was with { Count = was.Count - 1 }, was))
        {
        }
    }

    public void Failed(string key)
    {
        var now = _time.GetTimestamp();
        if (_failures.Count >= MaxKeys)
            Forget();
        _failures.AddOrUpdate(key, _ => new Failures(1, now), (_, was) => new Failures(IsForgotten(was) ? 1 : was.Count + 1, now));
    }

    public void Succeeded(string key) => _failures.TryRemove(key, out _);

    /// <summary>Returns the key of an account: its folded name.</summary>
    public static string KeyOf(string name) => "name " + SignInCheck.Folded(name);

    /// <summary>Returns the key of a signed-in user who must confirm the password again.</summary>
    public static string KeyOf(Guid user) => $"again {user:n}";

    /// <summary>Returns the key of a one-time link; its user may also have to enter a second-factor code.</summary>
    public static string KeyOfLink(string token) => "link " + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static string SharedKey(string key) => SharedUsage.KeyOf("failures", "", key);

    private IEnumerable<KeyValuePair<string, long>> Used() => _failures
        .Where(pair => pair.Value.Count > 0 && !IsForgotten(pair.Value))
        .Select(pair => KeyValuePair.Create(
            SharedKey(pair.Key),
            ((long)(Forgotten - _time.GetElapsedTime(pair.Value.Last)).TotalSeconds << CountBits)
            | Math.Min(pair.Value.Count, MostCounted)));

    private void Forget()
    {
        foreach (var (key, failures) in _failures)
        {
            if (IsForgotten(failures))
                _failures.TryRemove(key, out _);
        }

        // Remove all at ten thousand to limit memory. Guessing the operator key is still impossible.
        if (_failures.Count >= MaxKeys)
            _failures.Clear();
    }

    private bool IsForgotten(Failures failures) => _time.GetElapsedTime(failures.Last) > Forgotten;

    // An IPv6 client can use many addresses of its network, so count by network.
    public static string KeyOf(IPAddress? address)
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
