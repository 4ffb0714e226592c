package souk;

import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.de.GermanAnalyzer;
import org.apache.lucene.analysis.de.GermanLightStemFilter;
import org.apache.lucene.analysis.de.GermanNormalizationFilter;
import org.apache.lucene.analysis.de.GermanStemFilter;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.PreConfiguredTokenFilter;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/**
 * What we use of the module analysis-common, which is not published by itself: the same names, the same settings.
 * Lucene's own filters do the work. An index made here can be made on the official distribution, and the other way.
 */
public final class LanguageAnalysisPlugin extends Plugin implements AnalysisPlugin {

    private static final Map<String, Function<TokenStream, TokenStream>> STEMMERS = Map.of(
        "english", PorterStemFilter::new,
        "porter", PorterStemFilter::new,
        "possessive_english", EnglishPossessiveFilter::new,
        "german", GermanStemFilter::new,
        "light_german", GermanLightStemFilter::new
    );

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        return Map.of(
            "asciifolding", filter(settings -> {
                boolean original = settings.getAsBoolean("preserve_original", false);
                return tokens -> new ASCIIFoldingFilter(tokens, original);
            }),
            "german_normalization", filter(settings -> GermanNormalizationFilter::new),
            "stemmer", AnalysisPlugin.requiresAnalysisSettings(filter(LanguageAnalysisPlugin::stemmer))
        );
    }

    @Override
    public List<PreConfiguredTokenFilter> getPreConfiguredTokenFilters() {
        return List.of(
            PreConfiguredTokenFilter.singleton("asciifolding", true, ASCIIFoldingFilter::new),
            PreConfiguredTokenFilter.singleton("german_normalization", true, GermanNormalizationFilter::new),
            PreConfiguredTokenFilter.singleton("porter_stem", false, PorterStemFilter::new)
        );
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
        return Map.of(
            "english", (index, environment, name, settings) -> analyzer(name, new EnglishAnalyzer(
                Analysis.parseStopWords(environment, settings, EnglishAnalyzer.getDefaultStopSet()))),
            "german", (index, environment, name, settings) -> analyzer(name, new GermanAnalyzer(
                Analysis.parseStopWords(environment, settings, GermanAnalyzer.getDefaultStopSet())))
        );
    }

    private static Function<TokenStream, TokenStream> stemmer(Settings settings) {
        String language = settings.get("language", settings.get("name", "porter"));
        Function<TokenStream, TokenStream> stemmer = STEMMERS.get(language);
        if (stemmer == null) {
            throw new IllegalArgumentException("no stemmer for [" + language + "] on this node; it has " + STEMMERS.keySet());
        }
        return stemmer;
    }

    private static AnalysisProvider<TokenFilterFactory> filter(Function<Settings, Function<TokenStream, TokenStream>> make) {
        return (index, environment, name, settings) -> {
            Function<TokenStream, TokenStream> filter = make.apply(settings);
            return new AbstractTokenFilterFactory(name) {
                @Override
                public TokenStream create(TokenStream tokens) {
                    return filter.apply(tokens);
                }
            };
        };
    }

    private static AnalyzerProvider<Analyzer> analyzer(String name, Analyzer analyzer) {
        return new AbstractIndexAnalyzerProvider<>(name) {
            @Override
            public Analyzer get() {
                return analyzer;
            }
        };
    }
}
