namespace ChunkUpload.Core.Nodes;

/// <summary>Finds out whether any node takes work.</summary>
public static class NodeWork
{
    /// <summary>Returns why all work waits and what ends that, for people; <c>null</c> if a node takes work.</summary>
    public static string? Trouble(IReadOnlyList<Node> nodes)
    {
        var fit = nodes.Where(node => node.Figures?.Roles != NodeRoles.Clients).ToList();
        if (nodes.Count == 0 || fit.Exists(node => node is { IsRunning: true, DrainingSince: null }))
            return null;
        var remedies = fit.Where(node => node.IsRunning).Select(node => $"take {node.Name} back (nodes resume {node.Name})")
            .Concat(fit.Where(node => !node.IsRunning).Select(node => $"start {node.Name}"))
            .Append("start another node with the verb worker");
        return "No node takes work, so transfers, pairs of folders, checks, mails, webhooks and most jobs wait: "
            + $"{string.Join(", or ", remedies)}.";
    }
}
