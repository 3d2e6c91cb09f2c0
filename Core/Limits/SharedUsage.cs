using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// Shares between the nodes of a ledger what they use of limits that apply to all of them together. Each node reports its present use
/// every second (<see cref="Report"/>), and counts with the reports of the others (<see cref="Hear"/>). A service without other nodes
/// neither reports nor receives anything.
/// </summary>
public sealed class SharedUsage
{
    // Further keys of a source are not reported, because the report is written to the ledger every second.
    private const int MostOfSource = 1000;
    private const int KeyBytes = 8;

    // A node that uses less than its part may use a quarter more until the others receive its next report.
    private const double Headroom = 1.25;

    // A node that uses this much of its part is assumed to want more.
    private const double Wanting = 0.75;

    private readonly Lock _gate = new();
    private volatile Func<IEnumerable<KeyValuePair<string, long>>>[] _sources = [];
    private volatile IReadOnlyDictionary<string, long>[] _others = [];

    /// <summary>Gets a value that indicates whether any other node runs.</summary>
    public bool IsShared => _others.Length > 0;

    /// <summary>Adds a source of this node's use of some limits, by key. It is called for each report, so that no copy is kept.</summary>
    public void Add(Func<IEnumerable<KeyValuePair<string, long>>> source)
    {
        lock (_gate)
            _sources = [.. _sources, source];
    }

    /// <summary>Returns the short name of a limit, which is the same on all nodes.</summary>
    public static string KeyOf(string kind, string tenant, string id) => Base64Url.EncodeToString(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{tenant}\n{id}")).AsSpan(0, KeyBytes));

    public static string KeyOf(string kind, LimitTarget target) => KeyOf($"{kind} {target.Scope.Word()}", target.Tenant, target.Id);

    /// <summary>Returns the present use of this node; null while there is no other node.</summary>
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

    /// <summary>Replaces the reports of the other nodes.</summary>
    /// <param name="others">The newest report of each running node; empty for a node that has reported nothing.</param>
    public void Hear(IEnumerable<IReadOnlyDictionary<string, long>> others) => _others = [.. others];

    /// <summary>Returns what the other nodes use together.</summary>
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

    /// <summary>Returns the reports of the other nodes that have reported anything.</summary>
    public IEnumerable<long> EachOfOthers(string key) =>
        _others.Select(other => other.TryGetValue(key, out var value) ? value : (long?)null).OfType<long>();

    /// <summary>
    /// Encodes the use of a node that has a part of a rate: the complement means that the node wants more than its part.
    /// </summary>
    public static long Told(long used, long part) => used >= part * Wanting ? ~used : used;

    /// <summary>
    /// Returns this node's part of a rate: nodes that want more have equal parts of what the others leave. A node that has reported
    /// nothing has not used the rate lately, so a rate that a single node uses is not divided.
    /// </summary>
    public long PartOf(string key, long rate)
    {
        if (!IsShared)
            return rate;
        // This node may begin to want as much as any other node.
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
