using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Api.Nodes;

/// <summary>What all nodes of a ledger must have in common: settings that decide about data, and secrets.</summary>
internal sealed class NodeSettings(ServiceConfiguration configuration, ConnectionOptions connections, INodeSecrets secrets)
{
    private const string Ledger = "ConnectionStrings:Ledger";

    // No setting becomes known by its digest.
    private const string Salt = "ChunkUpload settings of nodes";

    public bool HasPrivateCluster =>
        configuration.Values.Single(value => value.Setting.Key == Ledger).Value is not string { Length: > 0 };

    public bool HasFolders => connections.Folders is { Length: > 0 };

    /// <summary>Digests by name: of settings, and of the files operator.key and cookie.key.</summary>
    public IReadOnlyDictionary<string, string> Digests()
    {
        var all = new Dictionary<string, string>(secrets.Digests());
        foreach (var value in configuration.Values.Where(value => value.Setting.IsSameOnAllNodes))
            all[value.Setting.Key] = DigestOf(SettingText.Format(value.Setting, value.Value));
        return all;
    }

    /// <summary>Says how these settings differ from those of another node, or returns null.</summary>
    public static string? Difference(IReadOnlyDictionary<string, string> here, Node there)
    {
        foreach (var name in here.Keys.Order(StringComparer.Ordinal))
        {
            if (!there.Settings.TryGetValue(name, out var its) || its == here[name])
                continue;
            return name.Contains(':', StringComparison.Ordinal)
                ? $"{name} has another value than on the node {there.Name}, which runs: all nodes of a ledger must have the same."
                : here[name].Length == 0
                    ? $"The data directory has no {name}, and all nodes of a ledger have the same: copy that of the node {there.Name}."
                    : $"{name} is another one than on the node {there.Name}, which runs: copy that of the node {there.Name}.";
        }

        return null;
    }

    private static string DigestOf(string text) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Salt), Encoding.UTF8.GetBytes(text)));
}
