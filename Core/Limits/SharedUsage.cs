using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// What the nodes of a ledger use of the limits that hold for all of them together, and what else is shown as one figure. Each node tells
/// the others every second what it uses now (<see cref="Report"/>), and counts with what it has heard (<see cref="Hear"/>). A service
/// without other nodes tells nothing, and hears nothing.
/// </summary>
public sealed class SharedUsage
{
    // The rest of a source is not told: the report is written to the ledger every second.
    private const int MostOfSource = 1000;
    private const int KeyBytes = 8;

    // A node that uses less than its part may use a quarter more until the others hear of it.
    private const double Headroom = 1.25;

    // A node that uses this much of its part is taken to want more.
    private const double Wanting = 0.75;

    private readonly Lock _gate = new();
    private volatile Func<IEnumerable<KeyValuePair<string, long>>>[] _sources = [];
    private volatile IReadOnlyDictionary<string, long>[] _others = [];

    /// <summary>Whether any other node runs.</summary>
    public bool IsShared => _others.Length > 0;

    /// <summary>Adds what this node uses of some limits, by keys. Called for each report, so that nothing is kept for it.</summary>
    public void Add(Func<IEnumerable<KeyValuePair<string, long>>> source)
    {
        lock (_gate)
            _sources = [.. _sources, source];
    }

    /// <summary>The short name of what is counted, which is the same on all nodes.</summary>
    public static string KeyOf(string kind, string tenant, string id) => Base64Url.EncodeToString(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{tenant}\n{id}")).AsSpan(0, KeyBytes));

    public static string KeyOf(string kind, LimitTarget target) => KeyOf($"{kind} {target.Scope.Word()}", target.Tenant, target.Id);

    /// <summary>What this node uses now. Null while there is no other node.</summary>
    public IReadOnlyDictionary<string, long>? Report()
    {
        if (!IsShared)
            return null;
        var all = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var source in _sources)
        {
            var used = source().ToList();
            foreach (var (key, value) in used.Count > MostOfSource ? used.OrderByDescending(Size).Take(MostOfSource) : used)
                all[key] = value;
        }

        return all;

        static long Size(KeyValuePair<string, long> one) => UsedOf(one.Value);
    }

    /// <summary>Replaces what the other nodes have told.</summary>
    /// <param name="others">The newest report of each that runs; empty of one that has told nothing.</param>
    public void Hear(IEnumerable<IReadOnlyDictionary<string, long>> others) => _others = [.. others];

    /// <summary>What the other nodes use together.</summary>
    public long OfOthers(string key)
    {
        long sum = 0;
        foreach (var other in _others)
        {
            if (other.TryGetValue(key, out var value))
                sum += UsedOf(value);
        }

        return sum;
    }

    /// <summary>What each of the other nodes has told, if it has told anything.</summary>
    public IEnumerable<long> EachOfOthers(string key) =>
        _others.Select(other => other.TryGetValue(key, out var value) ? value : (long?)null).OfType<long>();

    /// <summary>
    /// How a node that has a part of a rate tells what it uses: the complement stands for one that wants more than its part.
    /// </summary>
    public static long Told(long used, long part) => used >= part * Wanting ? ~used : used;

    /// <summary>
    /// This node's part of a rate: nodes that want more have equal parts of what the others leave. One that has not told anything has not
    /// used the rate lately, so a rate that a single node uses is not divided.
    /// </summary>
    public long PartOf(string key, long rate)
    {
        if (!IsShared)
            return rate;
        // This node may begin to want as much as any.
        var (left, nodes) = ((double)rate, 1);
        var modest = new List<double>();
        foreach (var told in EachOfOthers(key))
        {
            nodes++;
            if (told >= 0)
                modest.Add(told * Headroom);
        }

        modest.Sort();
        foreach (var used in modest)
        {
            if (used > left / nodes)
                break;
            left -= used;
            nodes--;
        }

        return Math.Max(1, (long)(left / nodes));
    }

    private static long UsedOf(long told) => told < 0 ? ~told : told;
}
