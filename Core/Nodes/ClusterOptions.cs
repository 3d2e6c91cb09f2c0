using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Nodes;

[Settings("Cluster")]
public sealed class ClusterOptions : IValidatableObject
{
    private const int LongestName = 63;

    [Description("The name of this node, where several services serve one ledger: letters, digits, hyphens and dots. Not set: the service "
        + "is alone on its ledger. Operators of several nodes set it on each; docs/cluster.md has the steps.")]
    public string? Node { get; set; }

    [Description("The address and port at which other nodes ask this one for bytes, over TLS with a certificate that each start makes "
        + "anew, for example 10.0.0.5:8444. Set with Cluster:Node. Clients need no access to it.")]
    public string? Listen { get; set; }

    [Description("The host and port at which other nodes reach Cluster:Listen, for example node-a:8444. Not set: Cluster:Listen. Operators "
        + "set it where a node listens at all addresses, or behind a port mapping.")]
    public string? Address { get; set; }

    [Description("Required: what is acknowledged is on a synchronous standby of PostgreSQL too, and a start without one is refused. "
        + "Operators whose PostgreSQL fails over set it on all nodes.")]
    [SameOnAllNodes]
    public StandbyUse Standby { get; set; } = StandbyUse.Optional;

    [Description("What a node does: Clients takes no work, and no jobs but those of its own disk; Work serves no clients, as with the verb "
        + "worker. For operators of several nodes.")]
    public NodeRoles Roles { get; set; } = NodeRoles.All;

    /// <summary>Gets a value that indicates whether the service serves its ledger alone.</summary>
    public bool IsAlone => string.IsNullOrEmpty(Node);

    /// <summary>Gets the address at which the node listens.</summary>
    public IPEndPoint ListenPoint => IPEndPoint.Parse(Listen!);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsAlone)
        {
            if (Listen is { Length: > 0 } || Address is { Length: > 0 })
                yield return new ValidationResult("Cluster:Listen and Cluster:Address need Cluster:Node.", [nameof(Node)]);
            if (Roles != NodeRoles.All)
                yield return new ValidationResult(
                    $"Cluster:Roles is {Roles}, which needs other nodes: set Cluster:Node, or leave it out.", [nameof(Roles)]);
            yield break;
        }

        if (Node!.Length > LongestName || !Node.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.'))
            yield return new ValidationResult(
                $"Cluster:Node must have at most {LongestName} letters, digits, hyphens and dots.", [nameof(Node)]);
        if (!IPEndPoint.TryParse(Listen ?? "", out var point) || !Listen!.Contains(':', StringComparison.Ordinal))
            yield return new ValidationResult(
                "Cluster:Listen must be an IP address with a port, such as 10.0.0.5:8444.", [nameof(Listen)]);
        else if (Address is not { Length: > 0 } && (point.Address.Equals(IPAddress.Any) || point.Address.Equals(IPAddress.IPv6Any)))
            yield return new ValidationResult(
                $"Cluster:Listen is {Listen}, all addresses: Cluster:Address must name one at which other nodes reach it.",
                [nameof(Address)]);
        if (Address is { Length: > 0 } && !IsHostAndPort(Address))
            yield return new ValidationResult(
                "Cluster:Address must be a host name or IP address with a port, such as node-a:8444.", [nameof(Address)]);
    }

    private static bool IsHostAndPort(string text) =>
        Uri.TryCreate($"https://{text}", UriKind.Absolute, out var uri) && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
        && uri.Fragment.Length == 0 && !text.EndsWith('/') && text.LastIndexOf(':') > text.LastIndexOf(']') && uri.Port > 0;
}

/// <summary>Whether the service relies on a synchronous standby of the ledger's server.</summary>
public enum StandbyUse
{
    Optional,
    Required,
}

/// <summary>What a node does for all.</summary>
public enum NodeRoles
{
    All,
    Clients,
    Work,
}
