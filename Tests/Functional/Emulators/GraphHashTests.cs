using ChunkUpload.Emulators.Content;
using QuickXorHash = ChunkUpload.Emulators.Graph.QuickXorHash;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>QuickXorHash against the published vectors and against its definition.</summary>
public sealed class GraphHashTests
{
    [Theory]
    [InlineData("", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("Sg==", "SgAAAAAAAAAAAAAAAQAAAAAAAAA=")]
    [InlineData("jRRDVA==", "jaDAEKgAAAAAAAAABAAAAAAAAAA=")]
    public void Hash_of_few_bytes_is_the_published_one(string content, string hash) =>
        Assert.Equal(hash, QuickXorHash.Of(Convert.FromBase64String(content)));

    [Theory]
    [InlineData(1, "rwAAAAAAAAAAAAAAAQAAAAAAAAA=")]
    [InlineData(20, "TqkPtG0WDkAsQA/3dMQrlnAMBZg=")]
    [InlineData(160, "cWpinKhlvSZggrGU6lxXPVHJWx8=")]
    [InlineData(161, "gGpinKhlvSZggrGU61xXPVHJWx8=")]
    [InlineData(327_680, "K+hOCoCCR3qm14IT6dcEEAFpoOw=")]
    [InlineData(1_000_000, "dGQQAVRFh6j+i7Op0hMGVqO8DYc=")]
    [InlineData(4_194_305, "R9cItKy8WHa80tdqeHZLBa1JHRU=")]
    [InlineData(10_485_760, "yIVzFYbW1CL1B/Eq46uat2OHAts=")]
    public void Hash_of_generated_bytes_is_the_published_one(int count, string hash) =>
        Assert.Equal(hash, QuickXorHash.Of(new DigestGenerator().Bytes(0, count)));

    [Theory]
    [InlineData(1)]
    [InlineData(159)]
    [InlineData(161)]
    [InlineData(4096)]
    public void Hash_does_not_depend_on_how_the_content_is_cut(int step)
    {
        var content = GraphRig.Bytes(10_007);
        var hash = new QuickXorHash();
        for (var offset = 0; offset < content.Length; offset += step)
            hash.Append(content.AsSpan(offset, Math.Min(step, content.Length - offset)));
        Assert.Equal(QuickXorHash.Of(content), hash.ToBase64());
    }

    [Fact]
    public void Copy_of_a_state_grows_on_its_own()
    {
        var first = new QuickXorHash();
        first.Append([1, 2, 3]);
        var copy = first.Copy();
        copy.Append([4]);
        Assert.Equal(QuickXorHash.Of([1, 2, 3]), first.ToBase64());
        Assert.Equal(QuickXorHash.Of([1, 2, 3, 4]), copy.ToBase64());
    }
}
