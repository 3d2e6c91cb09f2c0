using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Tests.Unit.Nodes;

public sealed class ClusterOptionsTests
{
    [Theory]
    [InlineData(null, null, null)]
    [InlineData("node-a.example", "10.0.0.5:8444", null)]
    [InlineData("a", "[::1]:0", null)]
    [InlineData("a", "0.0.0.0:8444", "node-a:8444")]
    [InlineData("a", "[::]:8444", "[fe80::1]:8444")]
    public void Settings_of_a_node_are_accepted(string? node, string? listen, string? address) =>
        Assert.Empty(Faults(node, listen, address));

    [Theory]
    [InlineData(null, "10.0.0.5:8444", null, "need Cluster:Node")]
    [InlineData(null, null, "node-a:8444", "need Cluster:Node")]
    [InlineData("node a", "10.0.0.5:8444", null, "Cluster:Node must have")]
    [InlineData("a@b", "10.0.0.5:8444", null, "Cluster:Node must have")]
    [InlineData("a", null, null, "Cluster:Listen must be")]
    [InlineData("a", "8444", null, "Cluster:Listen must be")]
    [InlineData("a", "node-a:8444", null, "Cluster:Listen must be")]
    [InlineData("a", "10.0.0.5:99999", null, "Cluster:Listen must be")]
    [InlineData("a", "0.0.0.0:8444", null, "Cluster:Address must name")]
    [InlineData("a", "[::]:8444", "", "Cluster:Address must name")]
    [InlineData("a", "10.0.0.5:8444", "node-a", "Cluster:Address must be")]
    [InlineData("a", "10.0.0.5:8444", "https://node-a:8444", "Cluster:Address must be")]
    [InlineData("a", "10.0.0.5:8444", "node-a:8444/x", "Cluster:Address must be")]
    public void Other_settings_are_named(string? node, string? listen, string? address, string fault) =>
        Assert.Contains(fault, Assert.Single(Faults(node, listen, address)).ErrorMessage, StringComparison.Ordinal);

    private static List<ValidationResult> Faults(string? node, string? listen, string? address)
    {
        var options = new ClusterOptions { Node = node, Listen = listen, Address = address };
        return [.. options.Validate(new ValidationContext(options))];
    }
}
