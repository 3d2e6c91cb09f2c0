using ChunkUpload.Core.Nodes;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Nodes;

public sealed class NodeSignatureTests
{
    private static readonly byte[] Body = [1, 2, 3];

    private readonly ManualTime _time = new();

    [Fact]
    public void A_request_is_accepted_once_as_it_was_signed()
    {
        var (here, there) = (new NodeSignature(new Secret(1), _time), new NodeSignature(new Secret(1), _time));
        var signed = here.Sign("GET", "/internal/files/x?device=1", Body);
        Assert.False(there.IsSigned(signed, "HEAD", "/internal/files/x?device=1", Body));
        Assert.False(there.IsSigned(signed, "GET", "/internal/files/x", Body));
        Assert.False(there.IsSigned(signed, "GET", "/internal/files/x?device=1", [1, 2]));
        Assert.True(there.IsSigned(signed, "GET", "/internal/files/x?device=1", Body));
        Assert.False(there.IsSigned(signed, "GET", "/internal/files/x?device=1", Body));
    }

    [Fact]
    public void Another_key_another_time_and_other_texts_are_refused()
    {
        var here = new NodeSignature(new Secret(1), _time);
        Assert.False(new NodeSignature(new Secret(2), _time).IsSigned(here.Sign("GET", "/", []), "GET", "/", []));
        var early = here.Sign("GET", "/", []);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.False(here.IsSigned(early, "GET", "/", []));
        foreach (var text in new[] { null, "", "1", "a b c", $"1 {new string('0', 32)} x", $"-1 {new string('0', 32)} x" })
            Assert.False(here.IsSigned(text, "GET", "/", []));
    }

    [Fact]
    public void A_repeated_request_is_refused_for_as_long_as_its_time_is_accepted()
    {
        var (here, there) = (new NodeSignature(new Secret(1), _time), new NodeSignature(new Secret(1), _time));
        var signed = here.Sign("GET", "/", []);
        Assert.True(there.IsSigned(signed, "GET", "/", []));
        for (var seconds = 0; seconds < 180; seconds++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(there.IsSigned(here.Sign("GET", "/", []), "GET", "/", []));
            Assert.False(there.IsSigned(signed, "GET", "/", []));
        }
    }

    private sealed class Secret(byte value) : INodeSecrets
    {
        public byte[] RequestKey() => [.. Enumerable.Repeat(value, 32)];

        public IReadOnlyDictionary<string, string> Digests() => new Dictionary<string, string>();
    }
}
