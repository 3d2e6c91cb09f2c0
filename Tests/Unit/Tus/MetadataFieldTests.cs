using System.Text;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Tree;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Unit.Tus;

public sealed class MetadataFieldTests
{
    [Theory]
    [InlineData("filename aGVsbG8=")]
    [InlineData("filename aGVsbG8=,empty")]
    [InlineData("filename aGVsbG8=,empty ")]
    [InlineData("filename aGVsbG8= , other eA==")]
    [InlineData(" filename aGVsbG8=")]
    public void Reads_pairs_with_blanks_around_the_commas(string raw)
    {
        Assert.Equal(FieldStatus.Found, MetadataField.Read(raw, out var metadata, out _));
        Assert.Equal("hello", Encoding.UTF8.GetString(metadata!.Values["filename"]));
        Assert.Equal(raw, metadata.Raw);
        Assert.All(metadata.Values.Where(pair => pair.Key == "empty"), pair => Assert.Empty(pair.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Takes_an_empty_header_for_none(string raw)
    {
        Assert.Equal(FieldStatus.Absent, MetadataField.Read(raw, out var metadata, out _));
        Assert.Null(metadata);
    }

    [Theory]
    [InlineData("a eA==,a eA==", "twice")]
    [InlineData("a,a", "twice")]
    [InlineData(",a eA==", "empty key")]
    [InlineData("a eA==,,b eA==", "empty key")]
    [InlineData("a eA==,", "empty key")]
    [InlineData("a eA=", "base64")]
    [InlineData("a eA", "base64")]
    [InlineData("a e-_=", "base64")]
    [InlineData("a eA== b", "base64")]
    [InlineData("a  eA==", "base64")]
    [InlineData("a ====", "base64")]
    [InlineData("a =eA=", "base64")]
    [InlineData("a e\u00e4A=", "base64")]
    [InlineData("schl\u00fcssel eA==", "ASCII")]
    public void Refuses_with_a_sentence(string raw, string word)
    {
        Assert.Equal(FieldStatus.Malformed, MetadataField.Read(raw, out var metadata, out var fault));
        Assert.Null(metadata);
        Assert.Contains(word, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Knows_keys_that_differ_in_case_apart()
    {
        Assert.Equal(FieldStatus.Found, MetadataField.Read("Name eA==,name eQ==", out var metadata, out _));
        Assert.Equal(2, metadata!.Values.Count);
    }

    [Fact]
    public void Takes_what_fits_and_refuses_one_character_more()
    {
        var fits = "abc " + new string('A', MetadataField.Longest - 4);
        Assert.Equal(FieldStatus.Found, MetadataField.Read(fits, out _, out _));
        Assert.Equal(FieldStatus.Malformed, MetadataField.Read(fits + "A", out _, out var fault));
        Assert.Contains($"at most {MetadataField.Longest} ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_two_lines() =>
        Assert.Equal(FieldStatus.Contradictory, MetadataField.Read(new StringValues(["a eA==", "b eA=="]), out _, out _));

    [Fact]
    public void Shows_bytes_that_are_no_text_in_base64()
    {
        Assert.Equal(FieldStatus.Found, MetadataField.Read("bytes /wD/,nul YQBi,text w6Q=", out var metadata, out _));
        var text = metadata!.ToText();
        Assert.Equal("/wD/", text["bytes"]);
        Assert.Equal("YQBi", text["nul"]);
        Assert.Equal("ä", text["text"]);
    }

    [Theory]
    [InlineData("filename", "hello.txt", "hello.txt")]
    [InlineData("name", "hello.txt", "hello.txt")]
    [InlineData("filename", "../../etc/passwd", ".._.._etc_passwd")]
    [InlineData("filename", "..", "file")]
    [InlineData("filename", "a\r\nb", "a__b")]
    [InlineData("filename", "exe.\u202efdp", "exe.fdp")]
    [InlineData("other", "x", "file")]
    public void Makes_a_file_name_that_may_be_given_out(string key, string value, string name)
    {
        var raw = $"{key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}";
        Assert.Equal(FieldStatus.Found, MetadataField.Read(raw, out var metadata, out _));
        Assert.Equal(name, FileMetadata.NameOf(metadata));
        Assert.Null(FileNameRule.Fault(FileMetadata.NameOf(metadata)));
    }

    [Theory]
    [InlineData("video/mp4", "video/mp4")]
    [InlineData("text/html\r\nX: y", MediaTypeRule.Default)]
    [InlineData("nonsense", MediaTypeRule.Default)]
    public void Takes_a_media_type_only_when_it_is_one(string value, string type)
    {
        var raw = $"filetype {Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}";
        Assert.Equal(FieldStatus.Found, MetadataField.Read(raw, out var metadata, out _));
        Assert.Equal(type, FileMetadata.TypeOf(metadata));
    }

    [Fact]
    public void Names_an_upload_without_metadata()
    {
        Assert.Equal("file", FileMetadata.NameOf(null));
        Assert.Equal(MediaTypeRule.Default, FileMetadata.TypeOf(null));
    }
}
