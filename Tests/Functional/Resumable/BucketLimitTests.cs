using System.Net;
using System.Text;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>Tests the limits and the advice that clients get if uploads are received straight into the bucket.</summary>
public sealed class BucketLimitTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData(null, "max-size=1048576, min-size=0, min-append-size=262144, max-age=3600", 262_144)]
    [InlineData("100KiB", "max-size=1048576, min-size=0, max-append-size=102400, min-append-size=102400, max-age=3600", 262_144)]
    [InlineData("off", "max-size=1048576, min-size=0, max-age=3600", 131_072)]
    public async Task Clients_are_told_the_smallest_sensible_request_and_a_smaller_one_counts(string? most, string limits, long advised)
    {
        await using var s3 = await S3Rig.StartAsync();
        var settings = new Dictionary<string, string>
        {
            ["Storage:S3:Bucket"] = S3Rig.Bucket,
            ["Storage:S3:Endpoint"] = s3.Host.Address,
            ["Storage:S3:AccessKeyId"] = S3Rig.Key.Id,
            ["Storage:S3:SecretAccessKey"] = S3Rig.Key.Secret,
            ["Storage:S3:Receive"] = most == "off" ? "false" : "true",
            ["Uploads:MaxSize"] = "1MiB",
            ["Uploads:IdleExpiry"] = "1h",
        };
        if (most is not (null or "off"))
            settings["Resumable:MaxAppendSize"] = most;
        await using var service = await TestService.StartAsync(postgres, settings);
        using var hints = new StringContent("""{"effectiveType":"2g"}""", Encoding.UTF8, "application/json");
        using var answer = await new ApiClient(service).Http.PostAsync(ApiClient.At("/api/advice"), hints);
        var advice = await ApiClient.JsonAsync(answer, HttpStatusCode.OK);
        Assert.Equal(advised, advice.GetProperty("chunkSize").GetInt64());

        var created = (await UploadWire.SendAsync(service, "POST /uploads", [], ["Upload-Complete: ?0"])).Final;
        Assert.Equal(limits, created["Upload-Limit"]);
        var appended = (await UploadWire.SendAsync(
            service, $"PATCH {created.Path}", new byte[64 << 10],
            ["Upload-Offset: 0", "Upload-Complete: ?0", "Content-Type: application/partial-upload"])).Final;
        Assert.Equal(204, appended.Status);
    }
}
