using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connectors.Drive;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>Drive's errors are told apart by their reasons.</summary>
public sealed class DriveFaultTests
{
    [Theory]
    [InlineData(403, "userRateLimitExceeded", false, FaultKind.Throttled)]
    [InlineData(403, "rateLimitExceeded", true, FaultKind.Throttled)]
    [InlineData(429, null, true, FaultKind.Throttled)]
    [InlineData(403, "dailyLimitExceeded", false, FaultKind.DailyLimit)]
    [InlineData(403, "downloadQuotaExceeded", false, FaultKind.DailyLimit)]
    [InlineData(403, "storageQuotaExceeded", false, FaultKind.Full)]
    [InlineData(403, "insufficientFilePermissions", false, FaultKind.Refused)]
    [InlineData(401, "authError", false, FaultKind.SignIn)]
    [InlineData(404, "notFound", false, FaultKind.Gone)]
    [InlineData(404, "notFound", true, FaultKind.SessionLost)]
    [InlineData(410, null, true, FaultKind.SessionLost)]
    [InlineData(409, "fileIdInUse", false, FaultKind.Taken)]
    [InlineData(503, "backendError", true, FaultKind.Transient)]
    [InlineData(400, "badRequest", false, FaultKind.Refused)]
    public void The_reason_decides(int status, string? reason, bool session, FaultKind expected)
    {
        var body = reason is null
            ? (JsonElement?)null
            : JsonSerializer.SerializeToElement(new { error = new { code = status, message = "m", errors = new[] { new { reason } } } });
        Assert.Equal(expected, DriveFaults.Of((HttpStatusCode)status, body, null, session).Kind);
    }
}
