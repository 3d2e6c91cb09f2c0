using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: TestFramework("ChunkUpload.Tests.Support.Selection.SelectedTests", "ChunkUpload.Tests")]

namespace ChunkUpload.Tests.Support.Selection;

/// <summary>
/// xunit's own framework, limited to the tiers in <c>CHUNKUPLOAD_TESTS</c> ("core", "core,3"; all tests if it is not set), which writes its
/// progress to the file in <c>CHUNKUPLOAD_PROGRESS</c>. <c>./tools/test</c> sets both.
/// </summary>
public sealed class SelectedTests(IMessageSink messages) : XunitTestFramework(messages)
{
    protected override ITestFrameworkDiscoverer CreateDiscoverer(IAssemblyInfo assemblyInfo) =>
        new Discoverer(assemblyInfo, SourceInformationProvider, DiagnosticMessageSink);

    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Discoverer(IAssemblyInfo assembly, ISourceInformationProvider sources, IMessageSink messages)
        : XunitTestFrameworkDiscoverer(assembly, sources, messages)
    {
        private readonly string[]? _tiers = Environment.GetEnvironmentVariable("CHUNKUPLOAD_TESTS") is { Length: > 0 } tiers
            ? tiers.Split(',')
            : null;

        protected override bool FindTestsForMethod(
            ITestMethod testMethod, bool includeSourceInformation, IMessageBus messageBus, ITestFrameworkDiscoveryOptions options) =>
            (_tiers is not null && !_tiers.Contains(TierPlan.Own.TierOf(testMethod.TestClass.Class.Name, testMethod.Method.Name)))
            || base.FindTestsForMethod(testMethod, includeSourceInformation, messageBus, options);
    }

    private sealed class Executor(AssemblyName assembly, ISourceInformationProvider sources, IMessageSink messages)
        : XunitTestFrameworkExecutor(assembly, sources, messages)
    {
        protected override ITestFrameworkDiscoverer CreateDiscoverer() =>
            new Discoverer(AssemblyInfo, SourceInformationProvider, DiagnosticMessageSink);

        protected override void RunTestCases(
            IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions)
        {
            var cases = testCases.ToList();
            var sink = Environment.GetEnvironmentVariable("CHUNKUPLOAD_PROGRESS") is { Length: > 0 } file
                ? new ProgressSink(executionMessageSink, file, cases.Count)
                : executionMessageSink;
            base.RunTestCases(cases, sink, executionOptions);
        }
    }
}
