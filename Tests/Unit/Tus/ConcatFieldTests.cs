using ChunkUpload.Api.Tus.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Unit.Tus;

public sealed class ConcatFieldTests
{
    private const string Id = "8f14e45fceea167a5a36dedd4bea2543";

    [Fact]
    public void Knows_a_part()
    {
        Assert.Equal(FieldStatus.Found, ConcatField.Read("partial", out var kind, out var urls));
        Assert.Equal(ConcatKind.Partial, kind);
        Assert.True(urls.IsEmpty);
    }

    [Theory]
    [InlineData("final;/files/a /files/b")]
    [InlineData("final; /files/a   /files/b ")]
    [InlineData("final;\t/files/a\t/files/b")]
    public void Lists_the_addresses_whatever_blanks_lie_between(string raw)
    {
        Assert.Equal(FieldStatus.Found, ConcatField.Read(raw, out var kind, out var urls));
        Assert.Equal(ConcatKind.Final, kind);
        Assert.Equal(["/files/a", "/files/b"], List(urls));
    }

    [Fact]
    public void Lists_nothing_for_an_empty_final()
    {
        Assert.Equal(FieldStatus.Found, ConcatField.Read("final;", out _, out var urls));
        Assert.Empty(List(urls));
    }

    [Theory]
    [InlineData("Final;/files/a")]
    [InlineData("final")]
    [InlineData("final /files/a")]
    [InlineData("partialx")]
    [InlineData("Partial")]
    [InlineData("")]
    public void Refuses_other_words(string raw)
    {
        Assert.Equal(FieldStatus.Malformed, ConcatField.Read(raw, out var kind, out _));
        Assert.Equal(ConcatKind.None, kind);
    }

    [Fact]
    public void Refuses_two_lines() =>
        Assert.Equal(FieldStatus.Contradictory, ConcatField.Read(new StringValues(["partial", "partial"]), out _, out _));

    [Theory]
    [InlineData("/files/" + Id)]
    [InlineData("/files/" + Id + "/")]
    [InlineData("/files/" + Id + "?token=x")]
    [InlineData("/files/" + Id + "/?token=x#y")]
    [InlineData("/FILES/" + Id)]
    [InlineData("http://127.0.0.1:8080/files/" + Id)]
    [InlineData("https://upload.example.org/files/" + Id + "/")]
    [InlineData("//upload.example.org/files/" + Id)]
    public void Finds_the_id_in_any_form_of_the_address(string url)
    {
        Assert.True(UploadUrl.TryRead(url, "/files", out var id));
        Assert.Equal(Id, id.ToString());
    }

    [Theory]
    [InlineData("/other/" + Id)]
    [InlineData("/files")]
    [InlineData("/files/")]
    [InlineData("/filesx/" + Id)]
    [InlineData("files/" + Id)]
    [InlineData(Id)]
    [InlineData("/files/../files/" + Id)]
    [InlineData("/files//" + Id)]
    [InlineData("/files/" + Id + "//")]
    [InlineData("/files/" + Id + "/x")]
    [InlineData("/files/8F14E45FCEEA167A5A36DEDD4BEA2543")]
    [InlineData("/files/%38f14e45fceea167a5a36dedd4bea2543")]
    [InlineData("/files/8f14e45fceea167a5a36dedd4bea254")]
    [InlineData("/prefix/files/" + Id)]
    [InlineData("http:///files/" + Id)]
    [InlineData("http://host")]
    [InlineData("javascript:/files/" + Id)]
    [InlineData("")]
    public void Finds_nothing_outside(string url) => Assert.False(UploadUrl.TryRead(url, "/files", out _));

    [Fact]
    public void Knows_what_a_proxy_puts_in_front() =>
        Assert.True(UploadUrl.TryRead("https://host/prefix/files/" + Id, "/prefix/files", out UploadId _));

    private static List<string> List(ReadOnlySpan<char> urls)
    {
        var list = new List<string>();
        foreach (var url in ConcatField.Split(urls))
            list.Add(url.ToString());
        return list;
    }
}
