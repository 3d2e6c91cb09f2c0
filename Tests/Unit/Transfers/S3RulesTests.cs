using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connectors.S3;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>Ids, times, sizes of parts, and what the errors of S3 mean.</summary>
public sealed class S3RulesTests
{
    private static readonly S3Settings All = new(new Uri("https://s3.example.org"), "us-east-1", null, "", true);

    [Theory]
    [InlineData("box/a.txt", true)]
    [InlineData("box/a/b/", true)]
    [InlineData("box/", true)]
    [InlineData("box/a b+%2F&ü.txt", true)]
    [InlineData("box", false)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("box//a", false)]
    [InlineData("box/a//b", false)]
    [InlineData("box/a/../b", false)]
    [InlineData("box/..", false)]
    [InlineData("box/./a", false)]
    [InlineData("box/a\0b", false)]
    [InlineData("../a", false)]
    [InlineData("b/a", false)]
    public void An_id_is_a_bucket_and_a_key_that_no_client_can_resolve_to_another(string id, bool isOne) =>
        Assert.Equal(isOne, S3Key.Parse(id, All) is not null);

    [Theory]
    [InlineData("box/in/a.txt", true)]
    [InlineData("box/in/", true)]
    [InlineData("box/in", false)]
    [InlineData("box/inner/a.txt", false)]
    [InlineData("box/a.txt", false)]
    [InlineData("other/in/a.txt", false)]
    public void Nothing_outside_of_the_prefix_is_named(string id, bool isOne) =>
        Assert.Equal(isOne, S3Key.Parse(id, All with { Bucket = "box", Prefix = "in/" }) is not null);

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.0000001")]
    [InlineData(15_779_342_452_500_000, "1577934245.25")]
    [InlineData(-1, "-1.9999999")]
    public void Times_are_seconds_with_a_fraction(long ticks, string text)
    {
        var time = DateTimeOffset.UnixEpoch.AddTicks(ticks);
        Assert.Equal(text, S3Items.TimeText(time));
        Assert.Equal(time, S3Items.TimeOf(text));
    }

    [Theory]
    [InlineData("1577934245.123456789", 1_577_934_245_123_456_7)]
    [InlineData("1577934245", 15_779_342_450_000_000)]
    [InlineData("x", null)]
    [InlineData("1.2.3", null)]
    [InlineData("1.-5", null)]
    [InlineData("99999999999999999", null)]
    public void Times_of_other_tools_are_read_as_far_as_ours_go(string text, long? ticks) =>
        Assert.Equal(ticks is { } known ? DateTimeOffset.UnixEpoch.AddTicks(known) : null, S3Items.TimeOf(text));

    [Theory]
    [InlineData(1L << 30, 10L << 20, 10L << 20)]
    [InlineData(1L << 30, 256L << 10, 5L << 20)]
    [InlineData(100L << 30, 10L << 20, 11L << 20)]
    [InlineData(5L << 40, 10L << 20, 525L << 20)]
    public void Parts_grow_with_the_file_so_that_ten_thousand_hold_it(long size, long usual, long part)
    {
        Assert.Equal(part, S3PartSize.For(size, usual));
        Assert.InRange(S3Parts.CountOf(size, part), 1, S3PartSize.MostParts);
    }

    [Theory]
    [InlineData("SlowDown", 503, FaultKind.Throttled)]
    [InlineData("", 503, FaultKind.Throttled)]
    [InlineData("", 429, FaultKind.Throttled)]
    [InlineData("InvalidAccessKeyId", 403, FaultKind.SignIn)]
    [InlineData("SignatureDoesNotMatch", 403, FaultKind.SignIn)]
    [InlineData("ExpiredToken", 400, FaultKind.SignIn)]
    [InlineData("AccessDenied", 403, FaultKind.Refused)]
    [InlineData("Forbidden", 403, FaultKind.Refused)]
    [InlineData("QuotaExceeded", 403, FaultKind.Full)]
    [InlineData("NoSuchBucket", 404, FaultKind.Gone)]
    [InlineData("NotFound", 404, FaultKind.Gone)]
    [InlineData("NoSuchUpload", 404, FaultKind.SessionLost)]
    [InlineData("PreconditionFailed", 412, FaultKind.Taken)]
    [InlineData("ConditionalRequestConflict", 409, FaultKind.Transient)]
    [InlineData("RequestTimeTooSkewed", 403, FaultKind.Transient)]
    [InlineData("InternalError", 200, FaultKind.Transient)]
    [InlineData("InternalError", 500, FaultKind.Transient)]
    [InlineData("BadDigest", 400, FaultKind.Integrity)]
    [InlineData("EntityTooSmall", 400, FaultKind.SessionLost)]
    [InlineData("InvalidObjectState", 403, FaultKind.Refused)]
    [InlineData("PermanentRedirect", 301, FaultKind.Refused)]
    public void The_code_decides_and_then_the_status(string code, int status, FaultKind expected) =>
        Assert.Equal(expected, S3Faults.Of(Failure(code, status, "m")).Kind);

    [Fact]
    public void The_right_region_is_named_and_the_text_of_a_server_is_not()
    {
        var wrong = S3Faults.Of(Failure("AuthorizationHeaderMalformed", 400, "the region 'us-east-1' is wrong; expecting 'eu-west-3'"));
        Assert.Contains("eu-west-3", wrong.Sentence, StringComparison.Ordinal);
        var odd = S3Faults.Of(Failure("<script>alert(1)</script>", 418, "<b>secret</b>"));
        Assert.DoesNotContain("<", odd.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", odd.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b", "a／b")]
    [InlineData("..", "．．")]
    [InlineData(".", "．")]
    [InlineData("", "_")]
    [InlineData("a.b", "a.b")]
    public void Names_become_parts_of_keys(string name, string part) => Assert.Equal(part, S3Key.NameOf(name));

    private static AmazonS3Exception Failure(string code, int status, string message) =>
        new(message, ErrorType.Unknown, code, "request", (HttpStatusCode)status);
}
