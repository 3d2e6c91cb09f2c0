using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connectors.Graph;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>Graph's errors by their deepest code, its ids and its names.</summary>
public sealed class GraphRulesTests
{
    [Theory]
    [InlineData(429, "activityLimitReached", "throttledRequest", false, FaultKind.Throttled)]
    [InlineData(403, "accessDenied", "throttledRequest", false, FaultKind.Throttled)]
    [InlineData(509, null, null, false, FaultKind.Throttled)]
    [InlineData(507, "quotaLimitReached", null, true, FaultKind.Full)]
    [InlineData(403, "quotaLimitReached", null, false, FaultKind.Full)]
    [InlineData(401, "InvalidAuthenticationToken", null, false, FaultKind.SignIn)]
    [InlineData(403, "accessDenied", null, false, FaultKind.Refused)]
    [InlineData(403, "malwareDetected", "virusSuspicious", false, FaultKind.Refused)]
    [InlineData(404, "itemNotFound", null, false, FaultKind.Gone)]
    [InlineData(404, "itemNotFound", "uploadSessionNotFound", true, FaultKind.SessionLost)]
    [InlineData(410, null, null, true, FaultKind.SessionLost)]
    [InlineData(409, "nameAlreadyExists", null, false, FaultKind.Taken)]
    [InlineData(423, "resourceLocked", null, false, FaultKind.Transient)]
    [InlineData(503, "serviceNotAvailable", null, true, FaultKind.Transient)]
    [InlineData(400, "invalidRequest", "pathTooLong", false, FaultKind.Refused)]
    [InlineData(400, "invalidRequest", "fragmentLengthMismatch", true, FaultKind.SessionLost)]
    [InlineData(400, "invalidRequest", "somethingNew", false, FaultKind.Refused)]
    public void The_deepest_known_code_decides(int status, string? code, string? inner, bool session, FaultKind expected)
    {
        JsonElement? body = code is null
            ? null
            : JsonSerializer.SerializeToElement(new { error = new { code, message = "m", innerError = new { code = inner } } });
        Assert.Equal(expected, GraphFaults.Of((HttpStatusCode)status, body, null, session).Kind);
    }

    [Theory]
    [InlineData("invalid_client", 7000222, 401, FaultKind.AppSecret)]
    [InlineData("invalid_grant", 65001, 400, FaultKind.Approval)]
    [InlineData("consent_required", 90094, 400, FaultKind.Approval)]
    [InlineData("invalid_grant", 700082, 400, FaultKind.SignIn)]
    [InlineData("temporarily_unavailable", 90033, 503, FaultKind.Transient)]
    public void The_number_tells_refusals_of_tokens_apart(string error, long number, int status, FaultKind expected) =>
        Assert.Equal(
            expected,
            MicrosoftTokens.FaultOf(status, JsonSerializer.SerializeToElement(new { error, error_codes = new[] { number } })).Kind);

    [Fact]
    public void Personal_ids_are_the_same_without_leading_zeros_and_in_any_case()
    {
        Assert.True(GraphId.Parse("00ab12/00AB12!s1f")!.IsSame(GraphId.Parse("AB12/ab12!S1F")!));
        Assert.False(GraphId.Parse("b!aB/01A")!.IsSame(GraphId.Parse("b!ab/01A")!));
        Assert.Null(GraphId.Parse("no-id"));
        Assert.Null(GraphId.Parse("a/b/c"));
    }

    [Theory]
    [InlineData("report.pdf", "report.pdf")]
    [InlineData("a:b?.txt", "a：b？.txt")]
    [InlineData("ends. ", "ends．␠")]
    [InlineData("con", "_con")]
    [InlineData("COM3", "_COM3")]
    [InlineData("~$draft.docx", "～$draft.docx")]
    [InlineData("a_vti_b", "a_vti-b")]
    public void Names_become_what_OneDrive_can_have(string name, string expected) => Assert.Equal(expected, GraphNames.NameOf(name));

    [Fact]
    public void A_long_name_keeps_its_ending()
    {
        var name = GraphNames.NameOf(new string('n', 300) + ".pdf");
        Assert.Equal(255, name.Length);
        Assert.EndsWith("n.pdf", name, StringComparison.Ordinal);
    }
}
