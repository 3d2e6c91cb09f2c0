using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Functional.Resumable.ResumableFixture;

namespace ChunkUpload.Tests.Functional.Resumable;

/// <summary>
/// URLSession does not run on the test machines, so its requests are reproduced byte for byte for its four versions (iOS 17: 3, 18.0: 5,
/// 18.1: 6, 26: 8): the whole file in one request with its length, interrupted; the HEAD; the rest.
/// </summary>
public sealed class UrlSessionTests(ResumableFixture uploads) : IClassFixture<ResumableFixture>
{
    private const string Begin3 =
        "POST /uploads HTTP/1.1\r\nHost: {host}\r\nContent-Type: video/quicktime\r\nUpload-Draft-Interop-Version: 3\r\nAccept: "
            + "*/*\r\nUpload-Incomplete: ?0\r\n"
        + "Authorization: Bearer {key}\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\nContent-Length: "
            + "100000\r\nUser-Agent: Example/1 CFNetwork/1474 Darwin/23.0.0\r\nConnection: keep-alive\r\n\r\n";

    private const string Ask3 =
        "HEAD {path} HTTP/1.1\r\nHost: {host}\r\nUpload-Draft-Interop-Version: 3\r\nAccept: */*\r\nAuthorization: Bearer "
            + "{key}\r\nAccept-Language: en-GB,en;q=0.9\r\n"
        + "Accept-Encoding: gzip, deflate\r\nUser-Agent: Example/1 CFNetwork/1474 Darwin/23.0.0\r\nConnection: keep-alive\r\n\r\n";

    private const string Append3 =
        "PATCH {path} HTTP/1.1\r\nHost: {host}\r\nUpload-Draft-Interop-Version: 3\r\nAccept: */*\r\nUpload-Offset: "
            + "{offset}\r\nUpload-Incomplete: ?0\r\nAuthorization: Bearer {key}\r\n"
        + "Accept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\nContent-Length: {rest}\r\nUser-Agent: Example/1 "
            + "CFNetwork/1474 Darwin/23.0.0\r\nConnection: keep-alive\r\n\r\n";

    private const string Begin8 =
        "POST /uploads HTTP/1.1\r\nHost: {host}\r\nContent-Type: video/quicktime\r\nUpload-Draft-Interop-Version: 8\r\nAccept: "
            + "*/*\r\nUpload-Complete: ?1\r\nUpload-Length: 100000\r\n"
        + "Authorization: Bearer {key}\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\nContent-Length: "
            + "100000\r\nUser-Agent: Example/1 CFNetwork/3860 Darwin/25.0.0\r\nConnection: keep-alive\r\n\r\n";

    private const string Append8 =
        "PATCH {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/partial-upload\r\nUpload-Draft-Interop-Version: 8\r\nAccept: "
            + "*/*\r\nUpload-Offset: {offset}\r\nUpload-Complete: ?1\r\n"
        + "Authorization: Bearer {key}\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\nContent-Length: "
            + "{rest}\r\nUser-Agent: Example/1 CFNetwork/3860 Darwin/25.0.0\r\nConnection: keep-alive\r\n\r\n";

    public static TheoryData<int, string, string, string, string> Versions => new()
    {
        { 3, Begin3, Ask3, Append3, "Upload-Incomplete: ?1" },
        { 5, Of(Begin3, 5), Of(Ask3, 5), Of(Append3, 5), "Upload-Complete: ?0" },
        { 6, Of(Begin8, 6), Of(Ask3, 6), Of(Append8, 6), "Upload-Complete: ?0" },
        { 8, Begin8, Of(Ask3, 8), Append8, "Upload-Complete: ?0" },
    };

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_cut_upload_is_continued(int version, string begin, string ask, string append, string incomplete)
    {
        var bytes = Bytes(100_000, seed: version);
        string path;
        using (var connection = await RawConnection.OpenAsync(uploads.Service.Address))
        {
            await connection.SendAsync(Fill(begin));
            // It resumes only if the address came before the answer.
            var interim = await connection.ReadHeadAsync();
            Assert.StartsWith($"HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Draft-Interop-Version: {version}\r\nLocation: http://",
                interim, StringComparison.Ordinal);
            path = new Uri(interim.Split("Location: ")[1].Split("\r\n")[0]).AbsolutePath;
            await connection.SendAsync(bytes.AsMemory(0, 70_000));
            await uploads.DurableAsync(path, Checkpoint);
        }

        using var again = await RawConnection.OpenAsync(uploads.Service.Address);
        await again.SendAsync(Fill(ask, path));
        var head = await again.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 204 ", head, StringComparison.Ordinal);
        Assert.Contains($"\r\nUpload-Draft-Interop-Version: {version}\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"\r\n{incomplete}\r\n", head, StringComparison.Ordinal);
        var offset = int.Parse(head.Split("\r\nUpload-Offset: ")[1].Split("\r\n")[0], null);
        Assert.InRange(offset, Checkpoint, 70_000);

        await again.SendAsync(Fill(append, path, offset));
        await again.SendAsync(bytes.AsMemory(offset));
        var answer = await again.ReadAnswerAsync();
        while (answer.StartsWith("HTTP/1.1 104 ", StringComparison.Ordinal))
            answer = await again.ReadAnswerAsync();
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(incomplete, answer, StringComparison.Ordinal);
        Assert.Equal(bytes, await uploads.ContentAsync(path));
        Assert.Equal("video/quicktime", (await uploads.UploadAsync(path)).ContentType);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task An_upload_without_a_cut_is_one_request(int version, string begin, string ask, string _, string incomplete)
    {
        var bytes = Bytes(100_000, seed: version);
        using var connection = await RawConnection.OpenAsync(uploads.Service.Address);
        await connection.SendAsync(Fill(begin));
        await connection.SendAsync(bytes);
        var path = new Uri((await connection.ReadHeadAsync()).Split("Location: ")[1].Split("\r\n")[0]).AbsolutePath;
        var answer = await connection.ReadAnswerAsync();
        while (answer.StartsWith("HTTP/1.1 104 ", StringComparison.Ordinal))
            answer = await connection.ReadAnswerAsync();
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nUpload-Offset: 100000\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(incomplete, answer, StringComparison.Ordinal);
        // The connection is reused for other requests.
        await connection.SendAsync(Fill(ask, path));
        Assert.StartsWith("HTTP/1.1 204 ", await connection.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(bytes, await uploads.ContentAsync(path));
    }

    // Version 5 uses the later name of the state field, with the opposite meaning, and has no length and type yet.
    private static string Of(string request, int version) => request
        .Replace("Upload-Incomplete: ?0", "Upload-Complete: ?1", StringComparison.Ordinal)
        .Replace("Upload-Draft-Interop-Version: 3", $"Upload-Draft-Interop-Version: {version}", StringComparison.Ordinal)
        .Replace("Upload-Draft-Interop-Version: 8", $"Upload-Draft-Interop-Version: {version}", StringComparison.Ordinal);

    private string Fill(string request, string path = "", int offset = 0) => request
        .Replace("{host}", uploads.Service.Address.Authority, StringComparison.Ordinal)
        .Replace("{key}", uploads.Service.Key, StringComparison.Ordinal)
        .Replace("{path}", path, StringComparison.Ordinal)
        .Replace("{offset}", $"{offset}", StringComparison.Ordinal)
        .Replace("{rest}", $"{100_000 - offset}", StringComparison.Ordinal);
}
