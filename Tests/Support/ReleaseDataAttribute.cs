using System.Reflection;
using Xunit.Sdk;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// A case of a theory that runs before a release only, because another case of it shows most of what it shows: a page at the other width.
/// <c>./tools/test --all</c> sets the variable.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class ReleaseDataAttribute(params object[] data) : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        Environment.GetEnvironmentVariable("CHUNKUPLOAD_RELEASE") == "1" ? [data] : [];
}
