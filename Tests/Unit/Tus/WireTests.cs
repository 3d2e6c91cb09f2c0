using ChunkUpload.Api.Tus;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Unit.Tus;

public sealed class WireTests
{
    [Theory]
    [InlineData("1.0.0", true)]
    [InlineData("1.0.1", false)]
    [InlineData("9.9.9", false)]
    [InlineData("1.0.0, 1.0.0", false)]
    [InlineData("", false)]
    public void Speaks_one_version(string text, bool spoken) => Assert.Equal(spoken, VersionField.IsSupported(text));

    [Fact]
    public void Wants_the_version_said_once_or_twice_the_same()
    {
        Assert.False(VersionField.IsSupported(StringValues.Empty));
        Assert.True(VersionField.IsSupported(new StringValues(["1.0.0", "1.0.0"])));
        Assert.False(VersionField.IsSupported(new StringValues(["1.0.0", "0.2.2"])));
    }

    [Theory]
    [InlineData("application/offset+octet-stream", true)]
    [InlineData("Application/Offset+Octet-Stream", true)]
    [InlineData("application/offset+octet-stream; charset=binary", true)]
    [InlineData("application/offset+octet-stream ;x=y", true)]
    [InlineData("application/octet-stream", false)]
    [InlineData("application/offset+octet-streamx", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Knows_the_media_type(string? text, bool known) => Assert.Equal(known, OffsetMediaType.Is(text));

    [Theory]
    [InlineData("PATCH", "PATCH")]
    [InlineData(" DELETE ", "DELETE")]
    [InlineData("HEAD", "HEAD")]
    [InlineData("patch", null)]
    [InlineData("GET", null)]
    [InlineData("POST", null)]
    [InlineData("", null)]
    public void Replaces_the_method_by_three_others(string text, string? method) => Assert.Equal(method, MethodOverrideField.Read(text));

    [Fact]
    public void Replaces_no_method_by_two() => Assert.Null(MethodOverrideField.Read(new StringValues(["PATCH", "PATCH"])));

    [Theory]
    [InlineData("Upload-Checksum", true)]
    [InlineData("X-Other, upload-checksum", true)]
    [InlineData("Upload-Checksums", false)]
    [InlineData("", false)]
    public void Finds_a_trailer_announced(string text, bool announced) =>
        Assert.Equal(announced, TrailerField.Announces(text, TusHeaders.UploadChecksum));

    [Fact]
    public void Writes_times_as_http_does()
    {
        Assert.Equal(
            "Wed, 25 Jun 2014 16:00:00 GMT", ExpiresField.Write(new DateTimeOffset(2014, 6, 25, 18, 0, 0, 300, TimeSpan.FromHours(2))));
        Assert.Equal("Sun, 01 Feb 2026 00:00:00 GMT", ExpiresField.Write(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void Reading_the_headers_of_a_patch_takes_no_memory()
    {
        var options = new TusOptions();
        var request = new DefaultHttpContext().Request;
        request.ContentType = OffsetMediaType.Name;
        request.Headers[TusHeaders.UploadOffset] = "12345";
        request.Headers[TusHeaders.UploadLength] = "99999";
        request.Headers[TusHeaders.UploadChecksum] = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";
        Assert.False(PatchHeaders.Read(request, options).HasFault);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var faulty = false;
        for (var i = 0; i < 1000; i++)
            faulty |= PatchHeaders.Read(request, options).HasFault;
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.False(faulty);
        Assert.Equal(0, taken);
    }
}
