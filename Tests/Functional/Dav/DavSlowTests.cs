using System.Text;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>A client whose request does not end holds nothing for long.</summary>
public sealed class DavSlowTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_body_that_trickles_is_refused_when_its_time_is_over()
    {
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Uploads:BodyIdleTimeout"] = "00:00:01" });
        var key = Convert.ToBase64String(Encoding.UTF8.GetBytes($":{service.Key}"));
        foreach (var method in new[] { "PROPFIND", "PROPPATCH", "LOCK" })
        {
            using var slow = await RawConnection.OpenAsync(service.Address);
            await slow.SendAsync(
                $"{method} /dav/shared/ HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {key}\r\nDepth: 0\r\nConnection: close\r\n"
                    + "Content-Length: 1000\r\n\r\n<");
            Assert.StartsWith("HTTP/1.1 408 ", await slow.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }
}
