using ChunkUpload.Emulators.Graph;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Graph's addresses: items by id, paths between colons, and actions.</summary>
public sealed class GraphAddressTests
{
    [Theory]
    [InlineData("/root", null, "", "")]
    [InlineData("/root:/a/b.txt", null, "a|b.txt", "")]
    [InlineData("/root:/a/b.txt:/content", null, "a|b.txt", "content")]
    [InlineData("/items/root:/a:/children", null, "a", "children")]
    [InlineData("/items/01AB:/new.bin:/createUploadSession", "01AB", "new.bin", "createUploadSession")]
    [InlineData("/items/01AB/delta(token='x')", "01AB", "", "delta(token='x')")]
    [InlineData("/root:/a:", null, "a", "")]
    [InlineData("/root:/", null, "", "")]
    public void Address_is_an_item_a_path_and_an_action(string rest, string? id, string path, string action)
    {
        var address = GraphAddress.Parse(rest)!;
        Assert.Equal((id, path, action), (address.ItemId, string.Join('|', address.Path), address.Action));
    }

    [Theory]
    [InlineData("/rooted")]
    [InlineData("/items/")]
    [InlineData("/lists")]
    public void Address_without_an_item_is_none(string rest) => Assert.Null(GraphAddress.Parse(rest));
}
