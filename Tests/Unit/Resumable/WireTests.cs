using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Resumable.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Unit.Resumable;

public sealed class WireTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData(" 5 ", 5L)]
    [InlineData("007", 7L)]
    [InlineData("999999999999999", 999_999_999_999_999L)]
    [InlineData("5;a=1;b", 5L)]
    [InlineData("-0", 0L)]
    [InlineData("1000000000000000", null)]
    [InlineData("-1", null)]
    [InlineData("5.0", null)]
    [InlineData("\"5\"", null)]
    [InlineData("5,5", null)]
    [InlineData("5 5", null)]
    [InlineData("?1", null)]
    [InlineData(":NQ==:", null)]
    [InlineData("(5)", null)]
    [InlineData("+5", null)]
    [InlineData("5;", null)]
    [InlineData("", null)]
    [InlineData("５", null)]
    public void Integers_are_integers_or_nothing(string field, long? expected) => Assert.Equal(expected, ItemField.Integer(field));

    [Theory]
    [InlineData("?1", true)]
    [InlineData("?0", false)]
    [InlineData("?1;x=2", true)]
    [InlineData("?2", null)]
    [InlineData("1", null)]
    [InlineData("true", null)]
    [InlineData("\"?1\"", null)]
    [InlineData("?1, ?1", null)]
    [InlineData("?", null)]
    [InlineData("", null)]
    public void Booleans_are_booleans_or_nothing(string field, bool? expected) => Assert.Equal(expected, ItemField.Boolean(field));

    [Fact]
    public void An_item_has_one_line()
    {
        Assert.Null(ItemField.Integer(new StringValues(["5", "5"])));
        Assert.Null(ItemField.Boolean(new StringValues(["?1", "?1"])));
        Assert.Null(ItemField.Integer(default));
    }

    [Fact]
    public void Numbers_are_written_as_far_as_structured_fields_go()
    {
        Assert.Equal("5", ItemField.Write(5));
        Assert.Equal("999999999999999", ItemField.Write(long.MaxValue));
    }

    [Theory]
    [InlineData("3", true, 3)]
    [InlineData("9", true, 9)]
    [InlineData("2", false, null)]
    [InlineData("10", false, null)]
    [InlineData("6.0", false, null)]
    [InlineData("\"6\"", false, null)]
    [InlineData("", false, null)]
    public void Versions_that_are_spoken(string field, bool spoken, int? version)
    {
        Assert.Equal(spoken, VersionField.Read(field, out var named));
        Assert.Equal(version, named?.Version);
    }

    [Fact]
    public void No_version_is_no_fault()
    {
        Assert.True(VersionField.Read(default, out var named));
        Assert.Null(named);
    }

    [Theory]
    [InlineData("3", 3, true)]
    [InlineData("9", 9, true)]
    [InlineData("none", 9, false)]
    [InlineData(null, 9, false)]
    [InlineData("77", 9, false)]
    public void The_version_comes_back_from_what_is_kept(string? kept, int version, bool isDraft)
    {
        var dialect = Dialect.OfState(kept);
        Assert.Equal((version, isDraft), (dialect.Version, dialect.IsDraft));
        if (kept is not (null or "77"))
            Assert.Equal(kept, dialect.StateValue);
    }

    [Theory]
    [InlineData(3, "Upload-Incomplete", "?1", false)]
    [InlineData(3, "Upload-Incomplete", "?0", true)]
    [InlineData(3, "Upload-Complete", "?1", null)]
    [InlineData(6, "Upload-Complete", "?1", true)]
    [InlineData(6, "Upload-Incomplete", "?0", null)]
    [InlineData(9, "Upload-Complete", "?0", false)]
    public void Versions_read_the_state_that_they_write(int version, string name, string value, bool? complete)
    {
        var dialect = Dialect.Of(version)!;
        Assert.Equal(complete, dialect.ReadComplete(new HeaderDictionary { [name] = value }));
        if (complete is not { } said)
            return;
        var headers = new HeaderDictionary();
        dialect.WriteComplete(headers, said);
        Assert.Equal(value, headers[name]);
    }

    [Theory]
    [InlineData("application/partial-upload", true)]
    [InlineData("Application/Partial-Upload ; a=b", true)]
    [InlineData("application/partial-uploads", false)]
    [InlineData("application/offset+octet-stream", false)]
    [InlineData("", false)]
    public void The_media_type_of_a_part(string type, bool expected) => Assert.Equal(expected, PartialMediaType.Is(type));

    [Fact]
    public void Limits_are_a_dictionary_that_is_never_empty()
    {
        Assert.Equal("min-size=0", LimitField.Write(new UploadLimits(), "max-age"));
        Assert.Equal(
            "max-size=999999999999999, min-size=1, max-append-size=3, min-append-size=2, expires=60",
            LimitField.Write(
                new UploadLimits { MaxSize = long.MaxValue, MinSize = 1, MaxAppendSize = 3, MinAppendSize = 2, MaxAge = 60 }, "expires"));
    }

    [Theory]
    [InlineData("sha-256=10", true)]
    [InlineData("sha-512=3, sha-256=1", true)]
    [InlineData("sha-256=0", false)]
    [InlineData("sha-512=10", false)]
    [InlineData("sha-256", false)]
    [InlineData("sha-256=10,", false)]
    public void Wanted_digests(string field, bool wants) => Assert.Equal(wants, WantDigestField.WantsSha256(field));

    [Theory]
    [InlineData("gzip", true, "gzip")]
    [InlineData("gzip, br", true, "gzip, br")]
    [InlineData("Identity", true, null)]
    [InlineData("", false, null)]
    [InlineData("gz\u00fcp", false, null)]
    [InlineData("a\r\nb", false, null)]
    public void Codings_are_kept_or_refused(string field, bool good, string? kept)
    {
        Assert.Equal(good, CodingField.TryRead(field, out var codings));
        Assert.Equal(kept, codings);
    }

    [Theory]
    [InlineData("attachment; filename=a.txt", "a.txt")]
    [InlineData("inline; filename=\"a b.txt\"", "a b.txt")]
    [InlineData("inline; filename=a; filename*=UTF-8''%c3%bc", "ü")]
    [InlineData("inline; filename=\"..\"", "file")]
    [InlineData("inline; filename=\"a\u202eb\"", "ab")]
    [InlineData("nonsense nonsense", "file")]
    [InlineData("attachment; filename=a; filename*", "a")]
    [InlineData("attachment; filename*; filename", "file")]
    [InlineData("attachment; filename=a; filename*=UTF-7''b", "a")]
    [InlineData("attachment; filename=\"=?utf-7?B?YQ==?=\"", "file")]
    public void Names_in_a_disposition_are_made_safe(string field, string name) => Assert.Equal(name, DispositionField.FileName(field));

    [Fact]
    public void Digests_of_both_algorithms_are_read_and_others_passed_over()
    {
        var (short1, long1) = (Convert.ToBase64String(new byte[32]), Convert.ToBase64String(new byte[64]));
        Assert.Equal(FieldStatus.Found, BodyDigestField.Read($"md5=:AA==:, sha-256=:{short1}:, sha-512=:{long1}:", out var both));
        Assert.Equal((32, 64), (both.Sha256!.Length, both.Sha512!.Length));
        Assert.Equal(FieldStatus.Found, BodyDigestField.Read($"sha-256=:{short1.TrimEnd('=')}:", out _));
        Assert.Equal(FieldStatus.Absent, BodyDigestField.Read("md5=:AA==:", out _));
        Assert.Equal(FieldStatus.Absent, BodyDigestField.Read(default, out _));
        Assert.Equal(FieldStatus.Malformed, BodyDigestField.Read($"sha-256=:{long1}:", out _));
        Assert.Equal(FieldStatus.Malformed, BodyDigestField.Read("sha-256=1", out _));
        Assert.Equal(FieldStatus.Malformed, BodyDigestField.Read($"sha-256=:{short1}:,", out _));
        Assert.Equal(FieldStatus.Contradictory,
            BodyDigestField.Read($"sha-256=:{short1}:, sha-256=:{Convert.ToBase64String([1, .. new byte[31]])}:", out _));
    }

    [Theory]
    [InlineData(null, "Upload-Complete: ?1", null, true, 9)]
    [InlineData(null, "Upload-Complete: ?0", null, false, 9)]
    [InlineData(3, "Upload-Incomplete: ?1", null, false, 3)]
    [InlineData(6, "Upload-Complete: ?1", null, true, 6)]
    [InlineData(6, "X: 1", null, true, null)]
    [InlineData(6, "Upload-Complete: yes", "invalid_header", true, 6)]
    [InlineData(null, "Upload-Incomplete: 1", "invalid_header", true, 9)]
    [InlineData(3, "Upload-Complete: ?0", "invalid_header", true, 3)]
    [InlineData(null, "Upload-Incomplete: ?1", "invalid_header", true, 9)]
    [InlineData(99, "Upload-Complete: ?1", null, true, null)]
    [InlineData(99, "Upload-Complete: ?0", "invalid_header", true, 9)]
    public void Creation_headers_select_a_dialect_and_a_kind_of_upload(
        int? version, string field, string? error, bool complete, int? dialect)
    {
        var parts = field.Split(": ");
        var headers = new HeaderDictionary { [parts[0]] = parts[1] };
        var exchange = new ResumableRequest(version is null or <= Dialect.Newest, version is { } number ? Dialect.Of(number) : null);
        Assert.Equal(error is not null, CreateDispatch.Read(headers, exchange, out var whole) is not null);
        Assert.Equal((complete, dialect), (whole, exchange.Dialect?.Version));
    }
}
