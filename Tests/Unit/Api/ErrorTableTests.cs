using ChunkUpload.Api.Errors;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class ErrorTableTests
{
    [Fact]
    public void Every_failure_of_core_has_a_row() =>
        Assert.All(Enum.GetValues<UploadError>(), error => Assert.NotNull(ErrorTable.Of(error)));

    [Fact]
    public void Every_refusal_of_a_request_has_a_row() =>
        Assert.All(Enum.GetValues<RequestError>(), error => Assert.NotNull(ErrorTable.Of(error)));

    [Fact]
    public void Codes_are_unique_and_in_snake_case()
    {
        var codes = ErrorTable.All.Select(row => row.Code).ToList();
        Assert.Equal(codes.Count, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Matches("^[a-z]+(_[a-z]+)*$", code));
    }

    [Fact]
    public void Only_what_a_client_cannot_cause_is_a_server_error()
    {
        var server = ErrorTable.All.Where(row => row.Status >= 500).Select(row => row.Code).Order();
        Assert.Equal(
            ["elsewhere", "hook_away", "internal_error", "issuer_unavailable", "ledger_unavailable", "no_space", "not_ready", "not_yet",
                "overloaded", "stopping", "storage_degraded", "storage_failed", "too_many_listeners", "verify_failed"], server);
    }

    [Fact]
    public void Every_server_error_can_be_retried() =>
        Assert.All(ErrorTable.All.Where(row => row.Status >= 500), row => Assert.Equal(Retry.Backoff, row.Retry));

    [Theory]
    [InlineData(UploadError.Overlap, "overlap", 409)]
    [InlineData(UploadError.BeyondSize, "beyond_size", 413)]
    [InlineData(UploadError.AlreadyCompleted, "already_completed", 410)]
    [InlineData(UploadError.Paused, "paused", 409)]
    [InlineData(UploadError.DigestMismatch, "digest_mismatch", 422)]
    [InlineData(UploadError.FileDigestMismatch, "file_digest_mismatch", 422)]
    [InlineData(UploadError.MissingRanges, "missing_ranges", 409)]
    [InlineData(UploadError.IdempotencyMismatch, "idempotency_mismatch", 422)]
    [InlineData(UploadError.NoSpace, "no_space", 507)]
    public void Codes_that_clients_rely_on_do_not_change(UploadError error, string code, int status)
    {
        Assert.Equal(code, ErrorTable.Of(error).Code);
        Assert.Equal(status, ErrorTable.Of(error).Status);
    }

    [Theory]
    [InlineData(UploadError.OffsetConflict, 409)]
    [InlineData(UploadError.TakenOver, 409)]
    [InlineData(UploadError.IdleTimeout, 409)]
    [InlineData(UploadError.Interrupted, 409)]
    [InlineData(UploadError.NoSpace, 507)]
    [InlineData(UploadError.StoreDegraded, 503)]
    [InlineData(UploadError.StorageFailed, 503)]
    [InlineData(UploadError.LedgerUnavailable, 503)]
    [InlineData(UploadError.Stopping, 503)]
    public void Clients_of_tus_are_told_to_try_again_in_a_status_that_they_follow(UploadError error, int status)
    {
        var row = ErrorTable.Of(error);
        Assert.NotEqual(Retry.Never, row.Retry);
        Assert.Equal(status, row.StatusFor(UploadProtocol.Tus, head: false));
        Assert.Equal(status == 409 ? 409 : 423, row.StatusFor(UploadProtocol.Tus, head: true));
    }

    [Fact]
    public void Every_code_stands_in_the_documentation_as_it_is()
    {
        var rows = ErrorTable.All.OrderBy(row => row.Status).ThenBy(row => row.Code, StringComparer.Ordinal)
            .Select(row => $"| `{row.Code}` | {row.Status} | "
                + $"{row.Retry switch { Retry.Never => "no", Retry.AtOnce => "at once", _ => "after a wait" }} | {row.Title} |");
        var documented = File.ReadLines(Path.Combine(Repository.Root, "docs", "errors.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(rows, documented);
    }
}
